/**
 * Who leaves a channel: what it may still do, and what it must not.
 */
import { beginMembershipChange } from '@cairn/ledger';
import { changedBatch, propose } from '../admin.ts';
import type { Scenario } from './scenario.ts';
import { CHANNEL, losing, type Stage } from './stage.ts';

const OTHER = 'another';
const four = { orderers: 4 };
const fourWithAnother = { ...four, channels: [CHANNEL, OTHER] };

export const removalScenarios: readonly Scenario[] = [
  {
    key: 'B-52',
    name: 'a leader that is removed leaves, and disturbs nobody after it',
    bugs: ['B-52', 'B-33'],
    options: four,
    play(stage) {
      stage.begin();
      const rest = ['orderer2', 'orderer3', 'orderer4'];
      stage.ends.add('BAD_CONFIGURATION');
      stage.change('orderer1', { orderer1: null });
      const next = stage.untilLeader(rest);
      stage.committed('without', next);
      const term = stage.term(next);
      stage.crash('orderer1');
      stage.start('orderer1');
      stage.run(6_000);
      stage.check(stage.term(next) <= term + 1, 'the term stays');
      stage.check(stage.leader !== 'orderer1', 'orderer1 does not lead');
      stage.crash('orderer1');
      stage.finish(rest);
    },
  },
  {
    key: 'B-53',
    name: 'who is removed and added again is another member',
    bugs: ['B-53'],
    options: four,
    play(stage) {
      stage.begin();
      stage.crash('orderer4');
      const rest = ['orderer1', 'orderer2', 'orderer3'];
      const isDone = () => stage.channel('orderer1').config.outgoing.length === 0;
      stage.change('orderer1', { orderer4: null });
      stage.until(
        'it is gone',
        () => stage.channel('orderer1').config.members.length === 3 && isDone(),
      );
      const channel = stage.channel('orderer1');
      const again = { name: stage.node('orderer4').name as never, key: stage.keyOf('orderer4') };
      const wishes = [...stage.wishesOf(channel.config), { ...again, role: 'learner' as const }];
      stage.check(
        propose(channel, beginMembershipChange(channel.config, wishes)),
        'it is added again',
      );
      stage.until('it is there', () => channel.config.members.length === 4 && isDone());
      stage.check(channel.config.members[3]?.id === 5, 'its id is a new one');
      stage.finish(rest);
    },
  },
  {
    key: 'removed from one',
    name: 'who is removed from one channel counts in its others after a restart',
    bugs: [],
    options: fourWithAnother,
    play(stage) {
      stage.begin();
      stage.change('orderer1', { orderer4: null });
      untilItKnows(stage, 'orderer4');
      stage.crash('orderer4', 'orderer3');
      stage.start('orderer4');
      const leads = () => stage.cluster.leader(OTHER)?.channel ?? null;
      const isProposed = () => {
        const channel = leads();
        return channel !== null && propose(channel, changedBatch(channel.config, 7, 50)!);
      };
      stage.until('somebody leads the other channel', isProposed);
      stage.until('three of four commit there', () => {
        const own = stage.node('orderer4').channel(OTHER);
        return own?.config.batch.maxTransactions === 7;
      });
      stage.check(!stage.channel('orderer4').isLeader, 'it does not lead where it was removed');
      stage.finish(['orderer1', 'orderer2', 'orderer3']);
    },
  },
  {
    key: 'removed voter',
    name: 'who is removed votes on for those who do not know yet that they need it no more',
    bugs: [],
    options: fourWithAnother,
    play(stage) {
      stage.begin();
      const others = ['orderer2', 'orderer3'];
      const channel = stage.channel('orderer1');
      stage.change('orderer1', { orderer4: null });
      stage.until('the change is entered', () => channel.config.outgoing.length > 0, 2_000);
      // Its end needs both others now, and they have it before its leader hears of that.
      stage.post.rule = losing(({ from, to }) => from === 'orderer4' && to === 'orderer1');
      stage.until('both others have its end', () => {
        const { last } = channel.status;
        return others.every((name) => stage.channel(name).status.last === last);
      });
      stage.post.rule = losing(({ from, to }) => from === 'orderer1' && others.includes(to));
      untilItKnows(stage, 'orderer4');
      stage.crash('orderer1', 'orderer4');
      stage.check(
        others.every((name) => stage.channel(name).config.outgoing.length > 0),
        'the others know nothing of the end',
      );
      stage.pass();
      stage.run(5_000);
      stage.check(stage.leader === null, 'two of four elect nobody');
      stage.start('orderer4');
      stage.untilLeader(others);
      stage.finish(['orderer1', ...others]);
    },
  },
];

/** It was removed, and its disk knows. */
function untilItKnows(stage: Stage, name: string): void {
  stage.until(`${name} knows that it is removed`, () => !stage.channel(name).isMember);
  stage.run(500);
}
