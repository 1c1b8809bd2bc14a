import type { Entry, Index, MemberId, Message, Term } from '@cairn/raft';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AppendMessage,
  decodeGroupFrame,
  encodeGroupFrame,
  encodeRaftFrame,
  groupMembersMax,
  isGroupFrame,
  isSameAppend,
  whole,
} from '../src/index.ts';
import { address, message } from './frame-arbitraries.ts';

const wholeFrame = (...given: Parameters<typeof encodeRaftFrame>): Uint8Array =>
  whole(encodeRaftFrame(...given));

const wholeGroup = (...given: Parameters<typeof encodeGroupFrame>): Uint8Array =>
  whole(encodeGroupFrame(...given));

const origin = { channelId: new Uint8Array(32).fill(0xc1), incarnation: 7n };
const members = [2, 3, 9] as MemberId[];

describe('a frame for several members', () => {
  test('is their ids and the frame that one of them would get', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const payload = wholeGroup(origin, sent, members);
        expect(isGroupFrame(payload)).toBe(true);
        const decoded = decodeGroupFrame(payload);
        expect(decoded).toMatchObject({ ok: true, members });
        const { frame } = decoded as { frame: Uint8Array };
        expect(Buffer.from(frame)).toEqual(Buffer.from(wholeFrame(origin, sent)));
      }),
      { numRuns: 200 },
    );
  });

  test('is told from a frame for one', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(isGroupFrame(wholeFrame(origin, sent))).toBe(false);
      }),
    );
  });

  test('reads any bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(decodeGroupFrame(bytes)).toHaveProperty('ok');
      }),
    );
    expect(decodeGroupFrame(Uint8Array.of(0x47, 0))).toEqual({ ok: false, fault: 'badField' });
    expect(decodeGroupFrame(Uint8Array.of(0x47, 2, 0, 0, 0, 1))).toEqual({
      ok: false,
      fault: 'truncated',
    });
  });

  test('has at least one member and at most so many', () => {
    const sent = appendOf([]);
    expect(() => wholeGroup(origin, sent, [])).toThrow('not 0');
    const many = Array.from({ length: groupMembersMax + 1 }, (_, at) => (at + 1) as MemberId);
    expect(() => wholeGroup(origin, sent, many)).toThrow('not 256');
    expect(decodeGroupFrame(wholeGroup(origin, sent, many.slice(1)))).toMatchObject({
      members: many.slice(1),
    });
  });
});

describe('the same append', () => {
  const data = new Uint8Array(100);
  const one = appendOf([entry(42, data)]);

  test('differs in nothing but its receiver', () => {
    expect(isSameAppend(one, { ...appendOf([entry(42, data)]), to: 9 as MemberId })).toBe(true);
  });

  test.each<[string, Message]>([
    ['other data', appendOf([entry(42, new Uint8Array(100))])],
    ['more entries', appendOf([entry(42, data), entry(43, data)])],
    ['another place', appendOf([entry(41, data)], 40)],
    ['another commit index', { ...one, commit: 41 as Index }],
    ['another term', { ...one, term: 4 as Term }],
    ['another previous term', { ...one, prevTerm: 1 as Term }],
  ])('is not one with %s', (_, other) => {
    expect(isSameAppend(one, other as AppendMessage)).toBe(false);
  });
});

function appendOf(entries: readonly Entry[], prevIndex = 41): AppendMessage {
  return {
    ...address,
    type: 'append',
    term: 3 as Term,
    prevIndex: prevIndex as Index,
    prevTerm: 2 as Term,
    commit: 40 as Index,
    entries,
  };
}

function entry(index: number, data: Uint8Array): Entry {
  return { index: index as Index, term: 3 as Term, kind: 'data', data };
}
