/**
 * Changes of members, while everything else goes wrong.
 */
import { LedgerError } from '@cairn/ledger';
import { changedBatch, propose } from '../admin.ts';
import type { SentMessage } from '../oracle/observer.ts';
import type { Scenario } from './scenario.ts';
import { CHANNEL, groups, isAnyVote, losing, type Stage } from './stage.ts';

const four = { orderers: 4 };
const five = { orderers: 5 };

export const membershipScenarios: readonly Scenario[] = [
  {
    key: 'B-31',
    name: 'nobody stands for election with a committed configuration not applied',
    bugs: ['B-31'],
    play(stage) {
      stage.begin();
      const channel = stage.channel('orderer1');
      stage.stall('orderer2', 8_000);
      stage.check(propose(channel, changedBatch(channel.config, 7, 50)!), 'it is proposed');
      const { last } = channel.status;
      stage.until('orderer2 knows it committed', () => stage.commit('orderer2') >= last, 2_000);
      stage.crash('orderer1');
      stage.post.rule = losing((sent) => isAnyVote(sent) && sent.from === 'orderer3');
      const before = stage.post.sent.length;
      stage.run(4_000);
      const stood = stage.post.sent
        .slice(before)
        .filter((sent) => sent.from === 'orderer2' && isAnyVote(sent));
      stage.check(stood.length === 0, 'orderer2 does not stand');
      stage.finish();
    },
  },
  {
    key: 'B-32',
    name: 'a voter that does not know it is one yet votes',
    bugs: ['B-32'],
    options: four,
    play(stage) {
      stage.begin();
      stage.changeMembers('orderer1', { orderer4: 'learner' });
      const isFed = ({ to, message }: SentMessage) =>
        to === 'orderer4' && message.type === 'append';
      stage.post.rule = losing(isFed);
      stage.change('orderer1', { orderer4: 'voter' });
      const isDone = (name: string) =>
        stage.channel(name).config.members.every(({ role }) => role === 'voter');
      const three = ['orderer1', 'orderer2', 'orderer3'];
      stage.until('it is done', () =>
        three.every((name) => isDone(name) && stage.channel(name).config.outgoing.length === 0),
      );
      stage.crash('orderer1');
      stage.untilLeader(['orderer2', 'orderer3']);
      stage.finish();
    },
  },
  {
    key: 'B-33',
    name: 'learners do not count',
    bugs: ['B-33', 'B-47'],
    options: five,
    play(stage) {
      stage.begin();
      stage.changeMembers('orderer1', { orderer4: 'learner', orderer5: 'learner' });
      const before = stage.commit('orderer1');
      stage.post.rule = groups(['orderer1', 'orderer4', 'orderer5'], ['orderer2', 'orderer3']);
      const asked = stage.submit('learnt', 'orderer1', 8_000);
      stage.run(300);
      stage.check(
        stage.commit('orderer1') === before && asked.reply === null,
        'learners commit nothing',
      );
      stage.change('orderer1', { orderer4: 'voter', orderer5: 'voter' });
      stage.run(400);
      stage.check(stage.commit('orderer1') === before, 'not even what would make them voters');
      stage.finish();
    },
  },
  {
    key: 'B-33 learner',
    name: 'a learner never stands for election',
    bugs: ['B-33'],
    options: four,
    play(stage) {
      stage.begin();
      stage.changeMembers('orderer1', { orderer4: 'learner' });
      stage.crash('orderer1', 'orderer2', 'orderer3');
      const before = stage.post.sent.length;
      stage.run(5_000);
      stage.check(!stage.post.sent.slice(before).some(isAnyVote), 'orderer4 asks for no votes');
      stage.finish();
    },
  },
  {
    key: 'B-46',
    name: 'a new leader proposes a configuration only after an entry of its own term is committed',
    bugs: ['B-46', 'B-51'],
    options: five,
    play(stage) {
      stage.begin();
      const next = enterJoint(stage, { orderer5: 'learner' });
      stage.post.rule = losing(
        ({ to, message }) => to === next && message.type === 'appendResponse',
      );
      const before = stage.post.sent.length;
      stage.run(600);
      const early = stage.post.sent
        .slice(before)
        .filter(({ message }) => isConfigOf(message, message.term));
      stage.check(early.length === 0, 'no configuration before an own commit');
      stage.pass();
      stage.until('the change is finished', () => {
        const leader = stage.leader;
        return leader !== null && stage.channel(leader).config.outgoing.length === 0;
      });
      stage.finish();
    },
  },
  {
    key: 'B-46 fence',
    name: 'nothing is proposed behind a configuration before it is applied',
    bugs: ['B-46'],
    play(stage) {
      stage.begin();
      const channel = stage.channel('orderer1');
      const { last } = channel.status;
      stage.post.rule = losing(({ message }) => message.type === 'appendResponse');
      stage.check(propose(channel, changedBatch(channel.config, 1, 50)!), 'it is proposed');
      for (let each = 0; each < 5; each++) stage.submit(`behind-${each}`, 'orderer1');
      stage.run(300);
      stage.check(channel.status.last === last + 1, 'nothing stands behind it');
      stage.finish();
    },
  },
  {
    key: 'B-46 two',
    name: 'of two changes begun by two leaders from one configuration, one is made',
    bugs: ['B-46', 'B-49'],
    options: five,
    play(stage) {
      stage.begin();
      const rest = ['orderer2', 'orderer3', 'orderer4', 'orderer5'];
      stage.post.rule = groups(['orderer1'], rest);
      stage.change('orderer1', { orderer5: 'learner' });
      const next = stage.untilLeader(rest);
      stage.committed('between', next);
      stage.change(next, { orderer4: 'learner' });
      stage.until('it is made', () => {
        const { config } = stage.channel(next);
        return config.outgoing.length === 0 && config.members[3]?.role === 'learner';
      });
      stage.post.rule = () => 'pass';
      stage.untilAgreed();
      const roles = stage
        .channel('orderer1')
        .config.members.map(({ role }) => role[0])
        .join('');
      stage.check(roles === 'vvvlv', `one of the two is made: ${roles}`);
      stage.finish();
    },
  },
  {
    key: 'B-48',
    name: 'a configuration that is only in the log elects nobody after a restart',
    bugs: ['B-48', 'B-49'],
    play(stage) {
      stage.begin();
      stage.post.rule = groups(['orderer1'], ['orderer2', 'orderer3']);
      stage.change('orderer1', { orderer2: null, orderer3: null });
      stage.run(100);
      stage.crash(...stage.names);
      stage.start('orderer1');
      stage.run(5_000);
      stage.check(stage.leader === null, 'orderer1 does not elect itself');
      stage.post.rule = losing((sent) => isAnyVote(sent) && sent.from === 'orderer1');
      stage.start('orderer2', 'orderer3');
      stage.untilLeader(['orderer2', 'orderer3']);
      stage.finish();
    },
  },
  {
    key: 'B-50',
    name: 'in a joint configuration the new voters alone commit nothing',
    bugs: ['B-50'],
    options: five,
    play(stage) {
      stage.begin();
      const leader = enterJoint(stage, { orderer4: 'learner', orderer5: 'learner' }, 'orderer1');
      stage.check(
        leader !== '' && isJoint(stage, 'orderer1'),
        'orderer1 leads a joint configuration',
      );
      const before = stage.commit('orderer1');
      stage.post.rule = (sent) =>
        isPair(sent, 'orderer1', 'orderer2') && !isSecondConfig(sent) ? 'pass' : 'drop';
      const asked = stage.submit('two', 'orderer1', 8_000);
      stage.run(600);
      stage.check(
        stage.commit('orderer1') === before && asked.reply === null,
        'two of five commit nothing',
      );
      stage.finish();
    },
  },
  {
    key: 'B-50 election',
    name: 'in a joint configuration the new voters alone elect nobody',
    bugs: ['B-50', 'B-54'],
    options: five,
    play(stage) {
      stage.begin();
      enterJoint(stage, { orderer4: 'learner', orderer5: 'learner' }, 'orderer1');
      stage.crash('orderer1', 'orderer4', 'orderer5');
      stage.post.rule = () => 'pass';
      stage.run(200);
      stage.crash('orderer2', 'orderer3');
      stage.start('orderer2', 'orderer3');
      stage.run(5_000);
      const joint = ['orderer2', 'orderer3'].filter((name) => isJoint(stage, name));
      stage.check(joint.length === 2, 'both are in the joint configuration');
      stage.check(stage.leader === null, 'two of five elect nobody');
      stage.finish();
    },
  },
  {
    key: 'B-54',
    name: 'a change of members, a partition and crashes together lose nothing',
    bugs: ['B-54'],
    options: five,
    play(stage) {
      stage.begin();
      stage.post.rule = groups(['orderer1'], ['orderer2', 'orderer3', 'orderer4', 'orderer5']);
      for (let each = 0; each < 5; each++) stage.submit(`alone-${each}`, 'orderer1', 2_000);
      const next = stage.untilLeader(['orderer2', 'orderer3', 'orderer4', 'orderer5']);
      stage.committed('together', next);
      const gone = ['orderer2', 'orderer3', 'orderer4', 'orderer5'].find((name) => name !== next)!;
      stage.change(next, { [gone]: 'learner' });
      stage.run(3);
      for (let each = 0; each < 5; each++) stage.submit(`meanwhile-${each}`, next, 2_000);
      stage.run(2);
      stage.crash(...stage.names.filter((name) => name !== 'orderer1' && name !== gone));
      stage.run(3_000);
      stage.finish();
    },
  },
  {
    key: 'B-55',
    name: 'a member that is made a voter while it is down takes nobody down with it',
    bugs: ['B-55'],
    options: four,
    play(stage) {
      stage.begin();
      stage.changeMembers('orderer1', { orderer4: 'learner' });
      stage.crash('orderer4');
      const term = stage.term('orderer1');
      stage.change('orderer1', { orderer4: 'voter' });
      stage.run(5_000);
      stage.check(
        stage.leader === 'orderer1' && stage.term('orderer1') === term,
        'orderer1 still leads',
      );
      stage.committed('goes-on', 'orderer1');
      stage.finish();
    },
  },
  {
    key: 'B-56',
    name: 'a configuration without voters cannot be asked for',
    bugs: ['B-56'],
    play(stage) {
      stage.begin();
      const nobody = { orderer1: null, orderer2: null, orderer3: null };
      const listeners = { orderer1: 'learner', orderer2: 'learner', orderer3: 'learner' } as const;
      for (const roles of [nobody, listeners]) {
        try {
          stage.changed('orderer1', roles);
          stage.fail('the ledger refuses it');
        } catch (error) {
          if (!(error instanceof LedgerError)) throw error;
        }
      }
      stage.finish();
    },
  },
  {
    key: 'B-57 learner',
    name: 'leadership is never handed to a learner',
    bugs: ['B-57'],
    options: four,
    play(stage) {
      stage.begin();
      stage.changeMembers('orderer1', { orderer4: 'learner' });
      const channel = stage.channel('orderer1');
      channel.transferTo(channel.memberNamed('orderer4')!);
      stage.run(2_000);
      stage.check(stage.leader === 'orderer1', 'orderer1 still leads');
      stage.finish();
    },
  },
];

const isJoint = (stage: Stage, name: string): boolean =>
  stage.channel(name).config.outgoing.length > 0;

const isPair = ({ from, to }: SentMessage, one: string, other: string): boolean =>
  (from === one && to === other) || (from === other && to === one);

const isConfigOf = (message: SentMessage['message'], term: number): boolean =>
  message.type === 'append' &&
  message.entries.some((entry) => entry.kind === 'config' && entry.term === term);

let secondConfigAt = 0;

const isSecondConfig = ({ message }: SentMessage): boolean =>
  message.type === 'append' &&
  message.entries.some(({ kind, index }) => kind === 'config' && index >= secondConfigAt);

/**
 * Begins a change that nobody can finish: the joint configuration is in force everywhere, its leader goes down (unless it
 * is to stay) and another takes over. The second configuration does not get around. Who leads now.
 */
function enterJoint(stage: Stage, roles: Parameters<Stage['change']>[1], stays = ''): string {
  const [first] = stage.names as [string];
  const joint = stage.channel(first).status.last + 1;
  secondConfigAt = joint + 1;
  stage.post.rule = losing(isSecondConfig);
  stage.change(first, roles);
  stage.until('all are in the joint configuration', () =>
    stage.names.every((name) => stage.node(name).view(CHANNEL)!.applied >= joint),
  );
  if (stays === first) return first;
  stage.crash(first);
  return stage.untilLeader(stage.names.filter((name) => name !== first));
}
