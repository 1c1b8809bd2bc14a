/**
 * Copies of the log: lost, late, twice, in another order, too many.
 */
import type { SentMessage } from '../oracle/observer.ts';
import type { Scenario } from './scenario.ts';
import { groups, losing } from './stage.ts';

const five = { orderers: 5 };

export const replicationScenarios: readonly Scenario[] = [
  {
    key: 'B-36',
    name: 'whatever comes twice, late and in another order changes nothing',
    bugs: ['B-36', 'B-39'],
    play(stage) {
      stage.begin();
      const { behaviour } = stage.cluster.network;
      Object.assign(behaviour, { repeatRate: 0.5, repeatWithinMs: 3_000, reorderRate: 0.9 });
      for (let each = 0; each < 30; each++) {
        stage.submit(`often-${each}`, stage.leader ?? 'orderer1', 4_000);
        stage.run(150);
        if (each === 15 && stage.leader !== null) stage.node(stage.leader).pause();
        if (each === 25) for (const name of stage.names) stage.node(name).resume();
      }
      stage.finish();
    },
  },
  {
    key: 'B-38',
    name: 'an append that comes again cuts nothing behind it',
    bugs: ['B-38', 'B-36'],
    play(stage) {
      stage.begin();
      Object.assign(stage.cluster.network.behaviour, { repeatRate: 1, repeatWithinMs: 200 });
      stage.post.rule = losing(({ message }) => message.type === 'appendResponse');
      for (let each = 0; each < 4; each++) {
        stage.submit(`again-${each}`, 'orderer1');
        stage.run(105);
      }
      stage.run(200);
      stage.finish();
    },
  },
  {
    key: 'B-35',
    name: 'a heartbeat commits nothing that the follower does not share',
    bugs: ['B-35', 'B-39'],
    play(stage) {
      stage.begin();
      stage.post.rule = groups(['orderer1'], ['orderer2', 'orderer3']);
      for (let each = 0; each < 8; each++) {
        stage.submit(`differs-${each}`, 'orderer1', 800);
        stage.run(102);
      }
      const before = stage.commit('orderer1');
      const next = stage.untilLeader(['orderer2', 'orderer3']);
      for (let each = 0; each < 3; each++) stage.committed(`agreed-${each}`, next);
      stage.post.rule = losing(({ to, message }) => to === 'orderer1' && message.type === 'append');
      stage.run(700);
      stage.check(stage.commit('orderer1') === before, 'heartbeats commit nothing of another log');
      stage.finish();
    },
  },
  {
    key: 'late answers',
    name: 'what was said in an older term is answered late, and no log is taken to be empty for it',
    bugs: ['B-36'],
    play(stage) {
      stage.begin();
      const late = ({ from, to, message }: SentMessage) =>
        from === 'orderer1' && to === 'orderer2' && message.type === 'append';
      stage.post.rule = (sent) => (late(sent) ? 'hold' : 'pass');
      for (let each = 0; each < 5; each++) stage.committed(`held-${each}`, 'orderer1');
      stage.post.rule = (sent) => (late(sent) ? 'hold' : 'drop');
      stage.until('it leads no more', () => !stage.channel('orderer1').isLeader, 4_000);
      stage.post.rule = losing(late);
      stage.lead('orderer1');
      const term = stage.term('orderer1');
      stage.check(stage.term('orderer2') === term, 'orderer2 knows the term');
      stage.post.release(({ message }) => message.term < term);
      stage.run(100);
      stage.finish();
    },
  },
  {
    key: 'B-37',
    name: 'a follower that catches up acknowledges only what it has',
    bugs: ['B-37'],
    play(stage) {
      stage.begin();
      stage.post.rule = losing(({ to }) => to === 'orderer3');
      for (let each = 0; each < 15; each++) stage.committed(`missed-${each}`, 'orderer1');
      stage.post.rule = () => 'pass';
      Object.assign(stage.cluster.network.behaviour, { reorderRate: 0.5 });
      for (let each = 0; each < 15; each++) {
        stage.submit(`live-${each}`, 'orderer1');
        stage.run(20);
      }
      stage.finish();
    },
  },
  {
    key: 'B-40',
    name: 'two disks of five commit nothing',
    bugs: ['B-40'],
    options: five,
    play(stage) {
      stage.begin();
      const before = stage.commit('orderer1');
      stage.post.rule = groups(['orderer1', 'orderer2'], ['orderer3', 'orderer4', 'orderer5']);
      const asked = stage.submit('two', 'orderer1', 8_000);
      stage.run(800);
      stage.check(stage.commit('orderer1') === before, 'nothing is committed by two of five');
      stage.check(asked.reply === null, 'nobody is told of it');
      stage.finish();
    },
  },
  {
    key: 'B-42',
    name: 'a leader without a majority stops leading and answers everybody',
    bugs: ['B-42'],
    play(stage) {
      stage.begin();
      stage.post.rule = groups(['orderer1'], ['orderer2', 'orderer3']);
      const { last } = stage.channel('orderer1').status;
      const asked = Array.from({ length: 200 }, (_, at) =>
        stage.submit(`far-${at}`, 'orderer1', 3_000),
      );
      stage.until('it leads no more', () => !stage.channel('orderer1').isLeader, 4_000);
      stage.check(stage.channel('orderer1').status.last <= last + 12, 'its log is bounded');
      stage.until('all are answered', () => asked.every(({ reply }) => reply !== null), 6_000);
      stage.run(300);
      stage.check(stage.channel('orderer1').submissions.openRequests === 0, 'nothing is left open');
      stage.finish();
    },
  },
  {
    key: 'B-43',
    name: 'a follower from which all appends were kept is fed again at once',
    bugs: ['B-43'],
    play(stage) {
      stage.begin();
      stage.post.rule = losing(({ to, message }) => to === 'orderer3' && message.type === 'append');
      for (let each = 0; each < 80; each++) stage.committed(`kept-${each}`, 'orderer1');
      stage.post.rule = () => 'pass';
      stage.until(
        'it has caught up',
        () => stage.commit('orderer3') === stage.commit('orderer1'),
        2_000,
      );
      stage.finish();
    },
  },
  {
    key: 'B-44',
    name: 'logs that differ meet after a few messages, however long the difference',
    bugs: ['B-44', 'B-35'],
    play(stage) {
      stage.begin();
      stage.post.rule = groups(['orderer1'], ['orderer2', 'orderer3']);
      for (let each = 0; each < 9; each++) {
        stage.submit(`differs-${each}`, 'orderer1', 800);
        stage.run(102);
      }
      const next = stage.untilLeader(['orderer2', 'orderer3']);
      for (let each = 0; each < 12; each++) stage.committed(`agreed-${each}`, next);
      const before = stage.post.sent.length;
      stage.post.rule = () => 'pass';
      stage.untilAgreed();
      const refused = stage.post.sent
        .slice(before)
        .filter(
          ({ from, message }) =>
            from === 'orderer1' && message.type === 'appendResponse' && message.reject,
        );
      stage.check(refused.length <= 4, `the logs met after ${refused.length} refusals`);
      stage.finish();
    },
  },
  {
    key: 'B-45',
    name: 'nobody is told that his transaction is committed when another took its place',
    bugs: ['B-45'],
    play(stage) {
      stage.begin();
      stage.post.rule = groups(['orderer1'], ['orderer2', 'orderer3']);
      const ids = ['one', 'two', 'three'];
      const asked = ids.map((id) => stage.submit(id, 'orderer1', 8_000));
      const next = stage.untilLeader(['orderer2', 'orderer3']);
      for (let each = 0; each < 3; each++) stage.committed(`other-${each}`, next);
      stage.post.rule = () => 'pass';
      stage.until('they are answered', () => asked.every(({ reply }) => reply !== null), 10_000);
      stage.check(
        asked.every(({ reply }) => reply?.status !== 200),
        'no receipt for what is not there',
      );
      stage.lead('orderer1');
      for (const id of ids) stage.committed(id, 'orderer1');
      stage.finish();
    },
  },
  {
    key: 'B-64',
    name: 'wall clocks that jump by an hour disturb nobody, and blocks never go back in time',
    bugs: ['B-64'],
    play(stage) {
      stage.begin();
      const term = stage.term('orderer1');
      for (const aheadMs of [3_600_000, -3_600_000, 0]) {
        stage.node('orderer1').clock.wallAheadMs = aheadMs;
        stage.committed(`at-${aheadMs}`, 'orderer1');
        stage.run(2_000);
      }
      stage.check(
        stage.leader === 'orderer1' && stage.term('orderer1') === term,
        'orderer1 still leads',
      );
      stage.node('orderer2').clock.wallAheadMs = -3_600_000;
      stage.lead('orderer2');
      stage.committed('behind', 'orderer2');
      stage.finish();
    },
  },
  {
    key: 'B-67',
    name: 'broken frames are dropped, and change nothing',
    bugs: ['B-67'],
    play(stage) {
      stage.begin();
      stage.cluster.network.behaviour.corruptRate = 0.5;
      stage.run(3_000);
      stage.crash('orderer1');
      stage.run(6_000);
      stage.start('orderer1');
      stage.run(3_000);
      stage.finish();
    },
  },
  {
    key: 'duplicate',
    name: 'an id is ordered once, wherever the first one stands',
    bugs: ['promise 2'],
    play(stage) {
      stage.begin();
      stage.post.rule = losing(({ from }) => from !== 'orderer1');
      const first = stage.submit('same', 'orderer1');
      const inTail = stage.submit('same', 'orderer1');
      stage.run(50);
      stage.pass();
      stage.until('both are answered', () => first.reply !== null && inTail.reply !== null);
      const recent = stage.committed('same', 'orderer1');
      stage.run(3_000);
      const indexed = stage.committed('same', 'orderer1');
      for (const { reply } of [inTail, recent, indexed]) {
        stage.check(
          reply?.block === first.reply?.block && reply?.index === first.reply?.index,
          'all receipts name one place',
        );
      }
      stage.finish();
    },
  },
  {
    key: 'duplicate after restart',
    name: 'an id is known after a restart of all, before the index has it',
    bugs: ['promise 2', 'B-15'],
    play(stage) {
      stage.begin();
      const first = stage.committed('same', 'orderer1');
      stage.run(300);
      stage.crash(...stage.names);
      stage.start(...stage.names);
      const again = stage.committed('same', stage.untilLeader());
      stage.check(again.reply?.block === first.reply?.block, 'both receipts name one place');
      stage.finish();
    },
  },
  {
    key: 'late',
    name: 'who waited too long for what is in flight is not told "never ordered"',
    bugs: ['promise 4'],
    play(stage) {
      stage.begin();
      stage.post.rule = losing(({ from }) => from !== 'orderer1');
      const hasty = stage.submit('in-flight', 'orderer1', 300);
      stage.run(600);
      stage.check(hasty.reply?.status === 504, 'the hasty one is answered');
      stage.finish();
    },
  },
  {
    key: 'cut ids',
    name: 'an id whose block was cut away is ordered when it comes again',
    bugs: ['promise 2', 'promise 4'],
    play(stage) {
      stage.begin();
      stage.post.rule = groups(['orderer1'], ['orderer2', 'orderer3']);
      const asked = stage.submit('again', 'orderer1', 4_000);
      stage.untilLeader(['orderer2', 'orderer3']);
      stage.post.rule = () => 'pass';
      stage.untilAgreed();
      stage.until('it is answered', () => asked.reply !== null);
      stage.lead('orderer1');
      stage.committed('again', 'orderer1');
      stage.finish();
    },
  },
  {
    key: 'late duplicate',
    name: 'who gives up is not told "never ordered" while another waits under the same id',
    bugs: ['promise 4'],
    options: { limits: pipelineOfOne() },
    play(stage) {
      stage.begin();
      stage.post.rule = losing(({ from }) => from !== 'orderer1');
      stage.submit('in-flight', 'orderer1');
      stage.run(20);
      const patient = stage.submit('same', 'orderer1');
      const hasty = stage.submit('same', 'orderer1', 300);
      stage.run(600);
      stage.check(hasty.reply?.status === 504, 'the hasty one is answered');
      stage.check(hasty.reply?.error?.proposed !== false, 'it may still be ordered');
      stage.pass();
      stage.until('the patient one is answered', () => patient.reply !== null);
      stage.finish();
    },
  },
];

function pipelineOfOne() {
  return {
    queue: { transactionsMax: 20_000, bytesMax: 64 * 1024 * 1024 },
    pipeline: { blocksInFlightMax: 1, bytesInFlightMax: 4 * 1024 * 1024 },
    clockSkewMsMax: 10_000,
    deliverStreamsMax: 10,
  };
}
