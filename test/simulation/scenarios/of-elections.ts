/**
 * Terms, votes, leadership.
 */
import type { SentMessage } from '../oracle/observer.ts';
import type { Scenario } from './scenario.ts';
import { CHANNEL, groups, isAnyVote, isVote, losing, type Stage } from './stage.ts';

const five = { orderers: 5 };
const others = ['orderer2', 'orderer3'];

export const electionScenarios: readonly Scenario[] = [
  {
    key: 'B-20',
    name: 'who has voted in a term has voted, also after it heard a leader of that term',
    bugs: ['B-20'],
    play(stage) {
      const third = 'orderer3';
      stage.post.rule = (sent) =>
        isRefusal(sent) || (isAnyVote(sent) && sent.from === third)
          ? 'drop'
          : isVote(sent)
            ? 'hold'
            : 'pass';
      stage.start(...stage.names);
      const candidates = () => [...new Set(stage.post.held.map(({ from }) => from))];
      stage.until('two are candidates', () => candidates().length === 2);
      const [first, second] = candidates() as [string, string];
      const { term } = stage.post.held[0]!.message;
      stage.post.release((sent) => sent.from === first && sent.to === third);
      stage.until(`${second} follows`, () => stage.node(second).view(CHANNEL)?.leader !== 0);
      stage.post.rule = (sent) =>
        isAnyVote(sent) || sent.from === first || sent.to === first ? 'drop' : 'pass';
      stage.until(`${second} has lost it`, () => stage.node(second).view(CHANNEL)?.leader === 0);
      const before = stage.post.sent.length;
      stage.post.release((sent) => sent.from === first && sent.to === second);
      stage.run(300);
      const granted = stage.post.sent
        .slice(before)
        .some(
          ({ from, message }) =>
            from === second &&
            message.type === 'voteResponse' &&
            message.granted &&
            message.term === term,
        );
      stage.check(!granted, `${second} does not vote twice in term ${term}`);
      stage.finish();
    },
  },
  {
    key: 'B-22',
    name: 'a longer log in a lower term and a shorter one in a higher term find a leader',
    bugs: ['B-22'],
    play(stage) {
      const [leader, follower] = inflateTerm(stage);
      stage.crash(leader);
      stage.post.rule = () => 'pass';
      stage.until(`${follower} leads`, () => stage.leader === follower, 12_000);
      stage.finish();
    },
  },
  {
    key: 'B-23',
    name: 'a member stuck in a higher term is freed, and no log is cut for it',
    bugs: ['B-23', 'B-38'],
    play(stage) {
      const [leader] = inflateTerm(stage);
      const { last } = stage.channel(leader).status;
      stage.post.rule = () => 'pass';
      stage.untilAgreed();
      stage.check(stage.channel(leader).status.commit >= last, 'nothing was cut');
      stage.finish();
    },
  },
  {
    key: 'B-24',
    name: 'an acknowledgement of an older term proves nothing in a newer one',
    bugs: ['B-24', 'B-36'],
    options: five,
    play(stage) {
      stage.begin();
      const side = ['orderer3', 'orderer4', 'orderer5'];
      stage.post.rule = ({ from, to, message }) => {
        if (side.includes(from) !== side.includes(to)) return 'drop';
        return message.type === 'appendResponse' && from === 'orderer2' ? 'hold' : 'pass';
      };
      for (let each = 0; each < 4; each++) {
        stage.submit(`cut-${each}`, 'orderer1', 9_000);
        stage.run(120);
      }
      const { last } = stage.channel('orderer2').status;
      stage.untilLeader(side);
      stage.post.rule = ({ from, message }) =>
        message.type === 'appendResponse' && from === 'orderer2' && message.term < 3
          ? 'hold'
          : 'pass';
      stage.run(1_500);
      stage.lead('orderer1');
      stage.post.rule = losing(({ from, to }) => from === 'orderer1' && to !== 'orderer3');
      for (let each = 0; each < 3; each++) {
        stage.submit(`two-disks-${each}`, 'orderer1');
        stage.run(120);
      }
      const before = stage.commit('orderer1');
      stage.post.release((sent) => sent.message.type === 'appendResponse');
      stage.run(100);
      stage.check(
        stage.commit('orderer1') === before,
        `commit stays at ${before}, where ${last} was acknowledged once`,
      );
      stage.finish();
    },
  },
  {
    key: 'B-25',
    name: 'a member that is behind does not starve one that is not',
    bugs: ['B-25', 'B-41'],
    play(stage) {
      stage.begin();
      stage.post.rule = losing(({ to }) => to === 'orderer3');
      for (let each = 0; each < 5; each++) stage.committed(`more-${each}`, 'orderer1');
      stage.until('orderer2 has it', () => stage.commit('orderer2') === stage.commit('orderer1'));
      stage.crash('orderer1');
      stage.post.rule = () => 'pass';
      stage.until('orderer2 leads', () => stage.leader === 'orderer2', 10_000);
      stage.finish();
    },
  },
  {
    key: 'B-26',
    name: 'a member that cannot hear the leader raises nothing and deposes nobody',
    bugs: ['B-26', 'B-27'],
    play(stage) {
      stage.begin();
      const term = stage.term('orderer1');
      stage.cluster.network.setCut('orderer1', 'orderer3', true);
      stage.run(6_000);
      stage.check(stage.leader === 'orderer1', 'orderer1 still leads');
      stage.cluster.network.setCut('orderer3', 'orderer1', true);
      stage.cluster.network.setCut('orderer2', 'orderer3', true);
      stage.run(4_000);
      const terms = stage.names.map((name) => stage.term(name));
      stage.check(
        terms.every((each) => each === term),
        `all stay in term ${term}: ${terms}`,
      );
      stage.finish();
    },
  },
  {
    key: 'B-27',
    name: 'where everybody reaches only one, terms grow slowly and nothing is lost',
    bugs: ['B-27'],
    options: five,
    play(stage) {
      stage.begin();
      const term = stage.term('orderer1');
      stage.post.rule = losing(({ from, to }) => from !== 'orderer5' && to !== 'orderer5');
      stage.submit('half-way', 'orderer1', 3_000);
      stage.run(15_000);
      const terms = Math.max(...stage.names.map((name) => stage.term(name)));
      stage.check(terms <= term + 15, `terms grew from ${term} to ${terms} in 15 s`);
      stage.finish();
    },
  },
  {
    key: 'B-28',
    name: 'a channel of one elects itself',
    bugs: ['B-28'],
    options: { orderers: 1 },
    play(stage) {
      stage.begin();
      stage.committed('alone', 'orderer1');
      stage.crash('orderer1');
      stage.finish();
    },
  },
  {
    key: 'B-29',
    name: 'a pre-vote that arrives once its candidate leads starts nothing',
    bugs: ['B-29'],
    options: five,
    play(stage) {
      stage.begin();
      stage.crash('orderer1');
      stage.post.rule = ({ from, message }) =>
        from === 'orderer5' && message.type === 'voteResponse' && message.pre ? 'hold' : 'pass';
      const leader = stage.untilLeader(['orderer2', 'orderer3', 'orderer4', 'orderer5']);
      const term = stage.term(leader);
      stage.post.release();
      stage.run(3_000);
      stage.check(stage.leader === leader && stage.term(leader) === term, `${leader} still leads`);
      stage.finish();
    },
  },
  {
    key: 'B-30',
    name: 'what a candidate had still to say is not believed once it follows',
    bugs: ['B-30'],
    play(stage) {
      stage.begin();
      stage.crash('orderer1');
      stage.stall('orderer2', 9_000);
      stage.post.rule = losing(
        ({ from, message }) => from === 'orderer3' && message.type === 'vote',
      );
      const isCandidate = () => stage.node('orderer2').view(CHANNEL)?.role === 'candidate';
      stage.until('orderer2 is a candidate', isCandidate);
      stage.post.rule = losing((sent) => isAnyVote(sent) && sent.from === 'orderer2');
      stage.start('orderer1');
      const leader = stage.untilLeader(['orderer1', 'orderer3']);
      stage.post.rule = () => 'pass';
      stage.until(
        'orderer2 follows',
        () => stage.node('orderer2').view(CHANNEL)?.role === 'follower',
      );
      const term = stage.term(leader);
      stage.until(
        'its disk goes on',
        () => stage.cluster.world.nowMs > 30_000 || !isStalled(stage),
        12_000,
      );
      stage.run(2_000);
      stage.check(stage.term(leader) === term && stage.leader === leader, `${leader} still leads`);
      stage.finish();
    },
  },
  {
    key: 'B-34',
    name: 'an entry of an older term is not committed by counting (Figure 8)',
    bugs: ['B-34', 'B-35', 'B-39'],
    options: five,
    play(stage) {
      stage.begin();
      const large = Buffer.alloc(250 * 1024, 'x');
      const first = stage.channel('orderer1').status.last + 1;
      stage.post.rule = groups(['orderer1', 'orderer2'], ['orderer3', 'orderer4', 'orderer5']);
      for (let each = 0; each < 4; each++) {
        stage.submit(`large-${each}`, 'orderer1', 900, Buffer.concat([large, Buffer.from([each])]));
        stage.run(105);
      }
      stage.until('orderer2 has some', () => stage.channel('orderer2').status.last >= first + 2);
      stage.crash('orderer1', 'orderer2');
      // Another leader, whose own entry nobody gets.
      stage.post.rule = losing(({ from, message }) => {
        return (
          message.type === 'append' || (isAnyVote({ message } as never) && from !== 'orderer5')
        );
      });
      stage.untilLeader(['orderer5']);
      stage.run(100);
      stage.crash('orderer5');
      // The first leader again: the old entries reach a majority, the one of its own term does not.
      stage.start('orderer1', 'orderer2');
      stage.post.rule = losing(({ from, to, message }) => {
        if (message.type === 'vote') return from !== 'orderer1';
        if (message.type !== 'append') return false;
        const isOwn = message.entries.some(({ term }) => term === message.term);
        return isOwn && stage.channel(to).status.last >= message.prevIndex;
      });
      stage.untilLeader(['orderer1']);
      stage.until(
        'a majority has the old entry',
        () => stage.channel('orderer3').status.last >= first,
        900,
      );
      stage.run(50);
      stage.check(
        stage.commit('orderer1') < first,
        'the old entries are not committed by counting',
      );
      stage.crash('orderer1');
      stage.start('orderer5');
      stage.post.rule = losing(
        ({ from, message }) => message.type === 'vote' && from !== 'orderer5',
      );
      stage.untilLeader(['orderer5']);
      stage.finish();
    },
  },
  {
    key: 'B-41',
    name: 'a shorter log with a newer entry wins over a longer one',
    bugs: ['B-41', 'B-49'],
    play(stage) {
      stage.begin();
      stage.post.rule = groups(['orderer1'], others);
      for (let each = 0; each < 6; each++) {
        stage.submit(`long-${each}`, 'orderer1', 900);
        stage.run(105);
      }
      const next = stage.untilLeader(others);
      stage.committed('newer', next);
      stage.crash(next);
      stage.post.rule = () => 'pass';
      const last = others.find((name) => name !== next)!;
      stage.until(`${last} leads`, () => stage.leader === last);
      stage.finish();
    },
  },
  {
    key: 'B-57',
    name: 'a hand-over that comes late has no effect',
    bugs: ['B-57'],
    play(stage) {
      stage.begin();
      const term = stage.term('orderer1');
      stage.post.rule = ({ message }) => (message.type === 'timeoutNow' ? 'hold' : 'pass');
      const channel = stage.channel('orderer1');
      channel.transferTo(channel.memberNamed('orderer3')!);
      stage.until('it is on the way', () => stage.post.held.length > 0);
      stage.until('it is given up', () => channel.status.transferee === 0);
      stage.committed('meanwhile', 'orderer1');
      stage.untilAgreed();
      stage.post.release();
      stage.run(1_500);
      stage.check(
        stage.leader === 'orderer1' && stage.term('orderer1') === term,
        'orderer1 still leads',
      );
      stage.finish();
    },
  },
  {
    key: 'B-57 behind',
    name: 'leadership is handed to a member that is behind once it has caught up',
    bugs: ['B-57'],
    play(stage) {
      stage.begin();
      stage.post.rule = losing(({ to }) => to === 'orderer3');
      for (let each = 0; each < 5; each++) stage.committed(`more-${each}`, 'orderer1');
      stage.post.rule = () => 'pass';
      const channel = stage.channel('orderer1');
      channel.transferTo(channel.memberNamed('orderer3')!);
      stage.until('orderer3 leads', () => stage.leader === 'orderer3', 3_000);
      stage.finish();
    },
  },
  {
    key: 'B-57 dead',
    name: 'a hand-over to a member that is gone is given up',
    bugs: ['B-57'],
    play(stage) {
      stage.begin();
      const channel = stage.channel('orderer1');
      stage.crash('orderer3');
      channel.transferTo(channel.memberNamed('orderer3')!);
      const asked = stage.submit('after', 'orderer1', 6_000);
      stage.until('it is answered', () => asked.reply !== null);
      stage.check(asked.reply?.status === 200, 'proposals are taken again');
      stage.finish();
    },
  },
  {
    key: 'B-65',
    name: 'a leader that was paused for long harms nobody when it goes on',
    bugs: ['B-65', 'B-30'],
    play(stage) {
      stage.begin();
      stage.submit('before', 'orderer1', 2_000);
      stage.node('orderer1').pause();
      const next = stage.untilLeader(others);
      for (let each = 0; each < 10; each++) stage.committed(`meanwhile-${each}`, next);
      stage.run(8_000);
      const late = stage.submit('late', 'orderer1', 4_000);
      stage.node('orderer1').resume();
      stage.until('it is answered', () => late.reply !== null);
      stage.check(late.reply?.status !== 200, 'who leads no more says so');
      stage.finish();
    },
  },
];

const isRefusal = ({ message }: SentMessage): boolean =>
  message.type === 'voteResponse' && !message.granted;

const isStalled = (stage: Stage): boolean =>
  stage.node('orderer2').disk.behaviour.stalledUntilMs > stage.cluster.world.nowMs;

/**
 * orderer2 raises its term five times in elections that nobody hears of; then it hears nobody, while the others elect a
 * leader in a lower term, and commit. Who leads, and who follows.
 */
function inflateTerm(stage: Stage): [leader: string, follower: string] {
  stage.begin();
  const term = stage.term('orderer1');
  stage.crash('orderer1');
  stage.post.rule = losing((sent) => isVote(sent) || (isAnyVote(sent) && sent.from === 'orderer3'));
  stage.until('orderer2 has raised its term', () => stage.term('orderer2') >= term + 5, 60_000);
  stage.post.rule = groups(['orderer1', 'orderer3'], ['orderer2']);
  stage.start('orderer1');
  const leader = stage.untilLeader(['orderer1', 'orderer3']);
  stage.committed('lower-term', leader);
  stage.check(stage.term(leader) < stage.term('orderer2') - 1, 'orderer2 is in a higher term');
  return [leader, leader === 'orderer1' ? 'orderer3' : 'orderer1'];
}
