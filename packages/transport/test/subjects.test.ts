import { isName, RESERVED_NAMES } from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import { isSubjectPrefix, type Subjects, subjectsOf } from '../src/index.ts';

const subjects: Subjects = subjectsOf();

describe('a subject', () => {
  test.each([
    [subjects.submit('mychannel'), 'cairn.mychannel.submit'],
    [subjects.submitTo('mychannel', 'orderer1'), 'cairn.mychannel.submit.orderer1'],
    [subjects.batch('mychannel'), 'cairn.mychannel.batch'],
    [subjects.fetch('mychannel'), 'cairn.mychannel.fetch'],
    [subjects.fetchFrom('mychannel', 'orderer1'), 'cairn.mychannel.fetch.orderer1'],
    [subjects.deliver('mychannel'), 'cairn.mychannel.deliver'],
    [subjects.transaction('mychannel'), 'cairn.mychannel.transaction'],
    [subjects.info('mychannel'), 'cairn.mychannel.info'],
    [subjects.infoFrom('mychannel', 'orderer1'), 'cairn.mychannel.info.orderer1'],
    [subjects.events('mychannel'), 'cairn.mychannel.events'],
    [subjects.raftFor('mychannel', 'orderer1'), 'cairn.mychannel.raft.orderer1.*'],
    [subjects.heartbeatFor('orderer1'), 'cairn.heartbeat.orderer1.*'],
    [subjects.admin('orderer1', 'status'), 'cairn.admin.orderer1.status'],
    [subjects.adminFor('orderer1'), 'cairn.admin.orderer1.*'],
  ])('%s is as documented', (subject, documented) => {
    expect(subject).toBe(documented);
  });

  test('begins with the prefix it is given', () => {
    expect(subjectsOf('test7').submit('mychannel')).toBe('test7.mychannel.submit');
  });

  test('between members names receiver and sender, and is read back', () => {
    const raft = { channel: 'mychannel', to: 'orderer1', from: 'orderer2' };
    expect(subjects.raft(raft)).toBe('cairn.mychannel.raft.orderer1.orderer2');
    expect(subjects.parseRaft(subjects.raft(raft))).toEqual(raft);
    const heartbeat = { to: 'orderer1', from: 'orderer2' };
    expect(subjects.heartbeat(heartbeat)).toBe('cairn.heartbeat.orderer1.orderer2');
    expect(subjects.parseHeartbeat(subjects.heartbeat(heartbeat))).toEqual(heartbeat);
  });

  test.each([
    '',
    'cairn',
    'cairn.mychannel.raft.orderer1',
    'cairn.mychannel.raft.orderer1.orderer2.more',
    'other.mychannel.raft.orderer1.orderer2',
    'cairn.mychannel.raft.orderer1.*',
    'cairn.mychannel.raft.orderer1.',
    'cairn.submit.raft.orderer1.orderer2',
    'cairn.mychannel.submit.orderer1.orderer2',
  ])('"%s" is no Raft subject', (subject) => {
    expect(subjects.parseRaft(subject)).toBeNull();
    expect(subjects.parseHeartbeat(subject)).toBeNull();
  });
});

describe('a name', () => {
  test.each(['a', 'mychannel', 'orderer-3', `a${'b'.repeat(62)}`])('may be %s', (name) => {
    expect(isName(name)).toBe(true);
  });

  test.each(['', 'A', '1a', 'a.b', 'a b', 'a*', 'ä', `a${'b'.repeat(63)}`, ...RESERVED_NAMES])(
    'may not be "%s"',
    (name) => {
      expect(isName(name)).toBe(false);
    },
  );

  test('as prefix is one token', () => {
    expect(isSubjectPrefix('cairn')).toBe(true);
    for (const prefix of ['', 'a.b', '*', 'a b']) expect(isSubjectPrefix(prefix)).toBe(false);
  });
});
