import {
  beginMembershipChange,
  type ChannelConfig,
  checkSuccession,
  encodeKey,
  finishMembershipChange,
  type Member,
  memberNameOf,
  parseOrdererName,
  proposersOf,
  raftConfOf,
  updateConfig,
  votersOf,
} from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import { expectReturned, expectThrown } from './expect-code.ts';
import { config, memberOf, signerOf } from './sample.ts';

const ids = (members: readonly Member[]) => members.map((member) => member.id);
const [first, second, third] = config.members as [Member, Member, Member];

/** Member 3 replaced by a new one; member 2 becomes a learner. */
const joint = beginMembershipChange(config, [first, { ...second, role: 'learner' }, memberOf(4)]);
const done = finishMembershipChange(joint);

describe('a membership change', () => {
  test('first names the new members and the previous voters', () => {
    expect(ids(joint.members)).toEqual([1, 2, 4]);
    expect(joint.outgoing).toEqual([1, 2, 3]);
    expect(joint.nextMemberId).toBe(5);
  });

  test('then only drops the previous voters', () => {
    expect(done).toEqual({ ...joint, outgoing: [] });
  });

  test('gives Raft both sets of voters in between', () => {
    expect(raftConfOf(config)).toEqual({
      voters: [1, 2, 3],
      outgoing: [],
      learners: [],
      learnersNext: [],
    });
    expect(raftConfOf(joint)).toEqual({
      voters: [1, 4],
      outgoing: [1, 2, 3],
      learners: [],
      learnersNext: [2],
    });
    expect(raftConfOf(done)).toEqual({
      voters: [1, 4],
      outgoing: [],
      learners: [2],
      learnersNext: [],
    });
  });

  test('lets voters of either set propose in between, with the keys of either document', () => {
    expect(ids(proposersOf({ config: joint, previous: config }))).toEqual([1, 2, 3, 4]);
    expect(ids(proposersOf({ config: done, previous: joint }))).toEqual([1, 4]);
    expect(ids(votersOf(joint))).toEqual([1, 4]);
    expect(memberNameOf({ config: joint, previous: config }, 3)).toBe('orderer3');
    expect(memberNameOf({ config: done, previous: joint }, 3)).toBeNull();
    expect(memberNameOf({ config, previous: null }, 0)).toBeNull();
  });

  test('with a new key for a member uses the new key at once', () => {
    const key = encodeKey(signerOf(2, 1).publicKey);
    const rotated = beginMembershipChange(config, [first, { ...second, key }, third]);
    expect(proposersOf({ config: rotated, previous: config })[1]!.key).toBe(key);
  });

  test('gives new members fresh ids in list order', () => {
    const wishes = [memberOf(7), first, memberOf(5), second, third];
    const grown = beginMembershipChange(config, wishes);
    expect(grown.members.map(({ id, name }) => [id, name])).toEqual([
      [1, 'orderer1'],
      [2, 'orderer2'],
      [3, 'orderer3'],
      [4, 'orderer7'],
      [5, 'orderer5'],
    ]);
    expect(grown.nextMemberId).toBe(6);
  });

  test('is refused while another is under way, and cannot be finished twice', () => {
    expectThrown(() => beginMembershipChange(joint, [first]), 'CONFIG_CHANGE');
    expectThrown(() => finishMembershipChange(done), 'CONFIG_CHANGE');
  });

  test('without a voter is refused', () => {
    const learner = { ...first, role: 'learner' as const };
    expectThrown(() => beginMembershipChange(config, [learner]), 'CONFIG_MEMBERS');
  });
});

describe('the rules between two configurations', () => {
  const refused: [string, ChannelConfig, ChannelConfig][] = [
    ['the same once more', config, config],
    ['another channel', config, { ...config, channel: 'other' as ChannelConfig['channel'] }],
    ['another creation time', config, { ...config, createdMs: 1 }],
    ['a smaller nextMemberId', done, { ...done, nextMemberId: 4, members: [first] }],
    ['members changed in one step', config, { ...config, members: [first, second] }],
    ['outgoing that is not the previous voters', config, { ...joint, outgoing: [1, 2] }],
    ['a removed id given again', done, { ...done, members: [first, third], outgoing: [1, 4] }],
    ['more than outgoing dropped', joint, { ...done, nextMemberId: 9 }],
    ['nextMemberId raised for nobody', config, { ...config, nextMemberId: 9 }],
    [
      'another name for an id',
      config,
      {
        ...config,
        members: [{ ...first, name: parseOrdererName('renamed') }, second, third],
        outgoing: [1, 2, 3],
      },
    ],
  ];

  test.each(refused)('refuse %s', (_, previous, next) => {
    expectReturned(checkSuccession(previous, next), 'CONFIG_CHANGE');
  });

  test('allow both steps of a change, and batch or raft alone', () => {
    expect(checkSuccession(config, joint)).toBeNull();
    expect(checkSuccession(joint, done)).toBeNull();
    const faster = updateConfig(config, { batch: { ...config.batch, timeoutMs: 20 } });
    expect(checkSuccession(config, faster)).toBeNull();
    expectThrown(() => updateConfig(joint, { batch: faster.batch }), 'CONFIG_CHANGE');
  });
});
