import type { Entry, Index, Message, Term } from '@cairn/raft';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../src/bytes.ts';
import { decodeRaftFrame, encodeRaftFrame, whole } from '../src/index.ts';
import { address, changedAt, channelId, incarnation, message } from './frame-arbitraries.ts';

const wholeFrame = (...given: Parameters<typeof encodeRaftFrame>): Uint8Array =>
  whole(encodeRaftFrame(...given));

const origin = { channelId: new Uint8Array(32).fill(0xc1), incarnation: 7n };

function appendOf(entries: readonly Entry[], prevIndex = 41): Message {
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

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('a Raft frame', () => {
  test('comes back as it went', () => {
    fc.assert(
      fc.property(channelId, incarnation, message, (id, life, sent) => {
        const frame = wholeFrame({ channelId: id, incarnation: life }, sent);
        const decoding = decodeRaftFrame(frame, address);
        expect(decoding).toEqual({
          ok: true,
          frame: { channelId: id, incarnation: life, message: sent },
        });
      }),
      { numRuns: 500 },
    );
  });

  test('has one encoding: what decodes encodes to the same bytes', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.nat({ max: 255 }), (sent, position, value) => {
        const changed = changedAt(wholeFrame(origin, sent), position, value);
        const decoding = decodeRaftFrame(changed, address);
        if (!decoding.ok) return;
        expect(hex(wholeFrame(decoding.frame, decoding.frame.message))).toBe(hex(changed));
      }),
      { numRuns: 2000 },
    );
  });

  test('is never an exception, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(decodeRaftFrame(bytes, address)).toHaveProperty('ok');
      }),
      { numRuns: 2000 },
    );
  });

  test('is refused when cut anywhere, or with a byte too many', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const frame = wholeFrame(origin, sent);
        for (let length = 0; length < frame.length; length++) {
          expect(decodeRaftFrame(frame.subarray(0, length), address).ok).toBe(false);
        }
        const longer = new Uint8Array(frame.length + 1);
        longer.set(frame);
        expect(decodeRaftFrame(longer, address)).toEqual({ ok: false, fault: 'trailingBytes' });
      }),
      { numRuns: 100 },
    );
  });

  test('has a fixed layout', () => {
    const frame = wholeFrame(origin, appendOf([entry(42, new Uint8Array([0xaa, 0xbb]))]));
    expect(hex(frame)).toBe(
      ['01', '00', 'c1'.repeat(32), '0000000000000007', '03', '0000000000000003']
        .concat(['0000000000000029', '0000000000000002', '0000000000000028', '00000001'])
        .concat(['0000000000000003', '01', '00000002', 'aabb'])
        .join(''),
    );
  });

  test('gives entries as views of the payload', () => {
    const frame = wholeFrame(origin, appendOf([entry(42, new Uint8Array(1000).fill(5))]));
    const decoding = decodeRaftFrame(frame, address);
    if (!decoding.ok || decoding.frame.message.type !== 'append') throw new Error('not an append');
    expect(decoding.frame.message.entries[0]?.data.buffer).toBe(frame.buffer);
  });

  test.each([
    ['another version', 0, 2, 'unknownVersion'],
    ['a flag', 1, 1, 'unknownFlags'],
    ['an unknown kind', 42, 77, 'unknownKind'],
    ['a term that is no safe integer', 43, 0xff, 'unsafeInteger'],
    ['more entries than bytes', 75, 0xff, 'truncated'],
    ['an unknown kind of entry', 87, 9, 'unknownKind'],
    ['a no-op with data', 87, 0, 'badField'],
  ])('with %s is refused', (_, position, value, fault) => {
    const frame = wholeFrame(origin, appendOf([entry(42, new Uint8Array(3))]));
    expect(decodeRaftFrame(changedAt(frame, position, value), address)).toEqual({
      ok: false,
      fault,
    });
  });

  test('refuses to carry an entry out of place', () => {
    const sent = appendOf([entry(43, new Uint8Array(1))]);
    expect(() => wholeFrame(origin, sent)).toThrow('entry 43 stands where entry 42 belongs');
  });
});

test('a large block is a piece of its frame and not copied; small ones stand in one piece', () => {
  const large = new Uint8Array(40_000).fill(7);
  const small = new Uint8Array(300).fill(9);
  const sent = appendOf([entry(42, large), entry(43, small), entry(44, large), entry(45, small)]);
  const pieces = encodeRaftFrame(origin, sent);
  expect(pieces.map(({ length }) => length > 30_000)).toEqual([false, true, false, true, false]);
  expect(pieces[1]).toBe(large);
  const decoding = decodeRaftFrame(whole(pieces), address);
  const found =
    decoding.ok && decoding.frame.message.type === 'append' ? decoding.frame.message : null;
  expect(found?.entries.map(({ data }) => hex(data))).toEqual(
    [large, small, large, small].map(hex),
  );
  expect(encodeRaftFrame(origin, appendOf([entry(42, small)]))).toHaveLength(1);
});

test('what was lent to a writer is in its bytes however they are asked for', () => {
  const large = new Uint8Array(40_000).fill(7);
  const writer = new ByteWriter(2);
  writer.u8(1);
  writer.lend(large);
  writer.u8(2);
  const expected = Buffer.concat([Uint8Array.of(1), large, Uint8Array.of(2)]);
  expect(Buffer.compare(writer.finish(), expected)).toBe(0);
  expect(Buffer.compare(whole(writer.finishInPieces()), expected)).toBe(0);
});
