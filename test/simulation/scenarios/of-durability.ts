/**
 * What is on disk when something is said, and what a start finds there.
 */

import type { Scenario } from './scenario.ts';
import { CHANNEL, isGrant, isVote, losing, type Stage } from './stage.ts';

const five = { orderers: 5 };

export const durabilityScenarios: readonly Scenario[] = [
  {
    key: 'B-01',
    name: 'a vote is on disk before it is told',
    bugs: ['B-01'],
    play(stage) {
      stage.begin();
      stage.crash('orderer1');
      const before = stage.post.sent.length;
      stage.stall('orderer3', 6_000);
      stage.post.rule = losing((sent) => sent.from === 'orderer3' && sent.message.type === 'vote');
      stage.until(
        'orderer2 asks for votes',
        () => stage.post.sent.slice(before).some(isVote),
        5_000,
      );
      stage.run(500);
      const grants = stage.post.sent
        .slice(before)
        .filter((sent) => isGrant(sent) && sent.from === 'orderer3');
      stage.check(grants.length === 0, 'no vote leaves before it is on disk');
      stage.crash('orderer3');
      stage.finish();
    },
  },
  {
    key: 'B-02',
    name: 'a candidate asks for votes only once its term and own vote are on disk',
    bugs: ['B-02'],
    play(stage) {
      stage.begin();
      const before = stage.post.sent.length;
      stage.crash('orderer1');
      stage.stall('orderer2', 8_000);
      stage.post.rule = losing(
        ({ from, message }) => from === 'orderer3' && message.type === 'vote',
      );
      stage.run(5_000);
      const asked = stage.post.sent.slice(before).filter(isVote);
      stage.check(
        asked.every(({ from }) => from !== 'orderer2'),
        'no vote request leaves before the disk has it',
      );
      stage.crash('orderer2');
      stage.finish();
    },
  },
  {
    key: 'B-03',
    name: 'a vote granted before the candidate crashed does not count after it',
    bugs: ['B-03', 'B-24'],
    play(stage) {
      stage.begin();
      stage.crash('orderer1');
      const mute = ({ from, message }: { from: string; message: { type: string } }) =>
        from === 'orderer3' && message.type === 'vote';
      stage.post.rule = (sent) => (mute(sent) ? 'drop' : isGrant(sent) ? 'hold' : 'pass');
      stage.until('a vote is granted', () => stage.post.held.length > 0);
      stage.crash('orderer2');
      stage.start('orderer2');
      const { term } = stage.post.held[0]!.message;
      stage.post.release();
      stage.run(200);
      stage.check(
        stage.leaders.every((each) => each.term !== term),
        `nobody leads in term ${term}`,
      );
      stage.finish();
    },
  },
  {
    key: 'B-04',
    name: 'an append is acknowledged only once it is on disk',
    bugs: ['B-04'],
    play(stage) {
      stage.begin();
      const before = stage.commit('orderer1');
      stage.stall('orderer3', 3_000);
      stage.post.rule = losing(({ from, to }) => from === 'orderer2' || to === 'orderer2');
      const asked = stage.submit('slow', 'orderer1');
      stage.run(800);
      stage.check(asked.reply === null, 'nobody is told of what one disk has');
      stage.check(stage.commit('orderer1') === before, 'nothing is committed by one disk');
      stage.crash('orderer1', 'orderer3');
      stage.finish();
    },
  },
  {
    key: 'B-05',
    name: 'term, vote, cut and entries reach the disk together or not at all',
    bugs: ['B-05', 'B-06', 'B-10', 'B-15', 'B-21'],
    play(stage) {
      stage.begin();
      for (const moment of ['beforeWrite', 'afterWrite', 'beforeSync', 'afterSync'] as const) {
        const old = stage.untilLeader();
        leaveBehind(stage, old, moment);
        stage.node(old).crashPoint = { at: 'disk', moment };
        stage.pass();
        stage.run(1_500);
        stage.start(old);
        stage.untilAgreed();
      }
      stage.finish();
    },
  },
  {
    key: 'B-07',
    name: 'a leader counts its own copy only once it is on its disk',
    bugs: ['B-07'],
    play(stage) {
      stage.begin();
      const before = stage.commit('orderer1');
      stage.stall('orderer1', 3_000);
      stage.post.rule = losing(({ to }) => to === 'orderer3');
      const asked = stage.submit('half', 'orderer1');
      stage.run(700);
      stage.check(asked.reply === null, 'nobody is told of what one disk has');
      stage.check(stage.commit('orderer1') === before, 'nothing is committed by one disk');
      stage.crash('orderer1');
      stage.finish();
    },
  },
  {
    key: 'B-08',
    name: 'a disk error ends the process, and the next one starts clean',
    bugs: ['B-08'],
    play: (stage) => failingDisk(stage, 'error'),
  },
  {
    key: 'B-09',
    name: 'a full disk ends the process, with nothing half written',
    bugs: ['B-09'],
    options: { channels: [CHANNEL, 'another'] },
    play: (stage) => failingDisk(stage, 'full'),
  },
  {
    key: 'B-12',
    name: 'a write under way does not vouch for entries that replaced what it carried',
    bugs: ['B-12'],
    options: five,
    play(stage) {
      stage.begin();
      const index = stage.channel('orderer1').status.last + 1;
      const side = ['orderer2', 'orderer4', 'orderer5'];
      stage.stall('orderer3', 10_000);
      const { stalledUntilMs } = stage.node('orderer3').disk.behaviour;
      stage.post.rule = losing(({ from, to }) => side.includes(from) !== side.includes(to));
      stage.submit('replaced', 'orderer1');
      stage.until('orderer3 has it', () => stage.channel('orderer3').status.last >= index);
      stage.crash('orderer1');
      stage.untilLeader(side);
      stage.pass();
      stage.until('orderer3 knows it committed', () => stage.commit('orderer3') >= index);
      stage.whenDurable = (node) => {
        if (node === 'orderer3') stage.stall(node, 1_000);
      };
      const isDone = () => stage.node('orderer3').disk.behaviour.stalledUntilMs > stalledUntilMs;
      stage.until('the write under way is done', isDone);
      stage.whenDurable = () => {};
      stage.run(500);
      stage.check(
        stage.channel('orderer3').status.applied < index,
        'nothing is applied that is not on the own disk',
      );
      stage.crash('orderer3');
      stage.finish();
    },
  },
  {
    key: 'B-14',
    name: 'a commit index that was shown is there after a restart, without a leader',
    bugs: ['B-14'],
    play(stage) {
      stage.begin();
      stage.committed('shown', 'orderer1');
      stage.run(300);
      const heights = stage.names.map((name) => stage.channel(name).reader.visibleHeight);
      stage.crash(...stage.names);
      for (const [at, name] of stage.names.entries()) {
        stage.start(name);
        stage.run(500);
        const { visibleHeight } = stage.channel(name).reader;
        stage.check(visibleHeight >= heights[at]!, `${name} shows ${visibleHeight} blocks again`);
        stage.crash(name);
      }
      stage.finish();
    },
  },
  {
    key: 'B-16',
    name: 'a record that does not match its checksum is not used',
    bugs: ['B-16'],
    play(stage) {
      stage.begin();
      damagedStart(stage, 'S', (state) => {
        state[15]! ^= 1;
      });
    },
  },
  {
    key: 'B-16 torn',
    name: 'a torn record is not used',
    bugs: ['B-16'],
    play(stage) {
      stage.begin();
      damagedStart(stage, 'L', (entry) => {
        entry.fill(0, entry.length / 2);
      });
    },
  },
  {
    key: 'B-17',
    name: 'a damaged block is never served',
    bugs: ['B-17'],
    play(stage) {
      stage.begin();
      for (let each = 0; each < 5; each++) stage.committed(`block-${each}`, 'orderer1');
      stage.run(2_500);
      stage.crash('orderer3');
      stage.damage('orderer3', 'B', (block) => flip(block, block.length - 2), 3);
      stage.ends.add('RECORD_DAMAGED');
      stage.start('orderer3');
      stage.run(500);
      const whole = stage.channel('orderer1');
      for (let number = 0; number < whole.height; number++) {
        const bytes = served(stage, number);
        const isRight =
          bytes === null || Buffer.compare(bytes, whole.reader.blockBytes(number)) === 0;
        stage.check(isRight, `orderer3 shows another block ${number}`);
      }
      stage.finish(['orderer1', 'orderer2']);
    },
  },
  {
    key: 'B-17 newest',
    name: 'a damaged newest entry is not taken for the end of the log',
    bugs: ['B-17'],
    play(stage) {
      stage.begin();
      damagedStart(stage, 'L', (entry) => flip(entry, 3));
    },
  },
  {
    key: 'B-18',
    name: 'a member whose directory is gone does not vote',
    bugs: ['B-18', 'B-53'],
    options: five,
    play(stage) {
      stage.begin();
      stage.post.rule = losing(({ from, to }) =>
        [from, to].some((name) => name === 'orderer4' || name === 'orderer5'),
      );
      stage.committed('kept', 'orderer1');
      stage.crash('orderer1', 'orderer2', 'orderer3');
      stage.node('orderer3').disk.wipe();
      stage.ends.add('VOTER_DIRECTORY_EMPTY');
      stage.pass();
      stage.start('orderer3');
      stage.run(6_000);
      stage.check(stage.leader === null, 'nobody leads without what was committed');
      stage.finish(['orderer1', 'orderer2', 'orderer4', 'orderer5']);
    },
  },
  {
    key: 'B-18 older',
    name: 'a member whose directory is older than its word does not vote',
    bugs: ['B-18'],
    play(stage) {
      stage.begin();
      stage.crash('orderer3');
      stage.node('orderer3').disk.backUp();
      stage.start('orderer3');
      stage.committed('kept', 'orderer1');
      stage.untilAgreed();
      stage.crash('orderer3');
      stage.node('orderer3').disk.rollBack();
      stage.ends.add('DATA_OLDER_THAN_ACKNOWLEDGED');
      stage.start('orderer3');
      stage.until('orderer3 is told', () => !stage.node('orderer3').isAlive, 5_000);
      stage.finish(['orderer1', 'orderer2']);
    },
  },
];

/** The leader goes on alone while the others elect another and commit. */
function leaveBehind(stage: Stage, old: string, word: string): void {
  stage.post.rule = losing(({ from, to }) => from === old || to === old);
  for (let each = 0; each < 3; each++) stage.submit(`alone-${word}-${each}`, old, 300);
  const next = stage.untilLeader(stage.names.filter((name) => name !== old));
  stage.committed(`together-${word}`, next);
}

function failingDisk(stage: Stage, failure: 'error' | 'full'): void {
  stage.begin();
  stage.ends.add('WRITE_FAILED');
  stage.node('orderer1').disk.behaviour.failure = failure;
  const asked = stage.submit('lost', 'orderer1', 3_000);
  stage.until('the process ends', () => !stage.node('orderer1').isAlive, 1_000);
  const next = stage.untilLeader(['orderer2', 'orderer3']);
  stage.committed('after', next);
  stage.start('orderer1');
  stage.until('it is answered', () => asked.reply !== null);
  stage.check(asked.reply?.status !== 200, 'who cannot write says nothing good');
  stage.finish();
}

const flip = (bytes: Uint8Array, at: number): void => {
  bytes[at]! ^= 4;
};

function damagedStart(stage: Stage, table: string, change: (value: Uint8Array) => void): void {
  stage.committed('before', 'orderer1');
  stage.untilAgreed();
  stage.crash('orderer3');
  stage.damage('orderer3', table, change);
  stage.ends.add('RECORD_DAMAGED').add('DATA_DAMAGED');
  stage.start('orderer3');
  stage.run(1_000);
  stage.check(!stage.node('orderer3').isAlive, 'orderer3 refuses its directory');
  stage.committed('after', stage.untilLeader(['orderer1', 'orderer2']));
  stage.finish(['orderer1', 'orderer2']);
}

function served(stage: Stage, number: number): Uint8Array | null {
  const channel = stage.node('orderer3').channel(CHANNEL);
  if (channel === undefined || number >= channel.reader.visibleHeight) return null;
  try {
    return channel.reader.blockBytes(number);
  } catch {
    return null;
  }
}
