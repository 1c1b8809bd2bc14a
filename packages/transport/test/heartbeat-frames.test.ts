import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Beat, decodeHeartbeatFrame, encodeHeartbeatFrames } from '../src/index.ts';
import { changedAt, channelId, incarnation } from './frame-arbitraries.ts';

const common = { channelId, term: fc.maxSafeNat(), probe: fc.maxSafeNat() };
const beat: fc.Arbitrary<Beat> = fc.oneof(
  fc.record({ type: fc.constant('heartbeat' as const), ...common, commit: fc.maxSafeNat() }),
  fc.record({ type: fc.constant('heartbeatResponse' as const), ...common }),
);
const beats = fc.array(beat, { maxLength: 30 });

function decodeAll(frames: readonly Uint8Array[]): Beat[] {
  return frames.flatMap((frame) => {
    const decoding = decodeHeartbeatFrame(frame);
    if (!decoding.ok) throw new Error(decoding.fault);
    return decoding.beats.map((one) => ({ ...one, channelId: new Uint8Array(one.channelId) }));
  });
}

function one(count: number, payloadBytesMax = 1_000_000): Uint8Array {
  const sent: Beat[] = Array.from({ length: count }, (_, number) => ({
    type: 'heartbeat',
    channelId: new Uint8Array(32).fill(number),
    term: 3,
    commit: 9,
    probe: 1,
  }));
  const [frame] = encodeHeartbeatFrames(5n, sent, payloadBytesMax);
  if (frame === undefined) throw new Error('no frame');
  return frame;
}

describe('a heartbeat frame', () => {
  test('carries the beats of all channels, in order, in messages that fit', () => {
    fc.assert(
      fc.property(incarnation, beats, fc.integer({ min: 70, max: 2000 }), (life, sent, max) => {
        const frames = encodeHeartbeatFrames(life, sent, max);
        expect(frames.every((frame) => frame.length <= max)).toBe(true);
        expect(decodeAll(frames)).toEqual(sent);
        expect(frames.every((frame) => decodeHeartbeatFrame(frame).ok)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('is one for a hundred channels, and none for none', () => {
    const sent = decodeAll([one(100)]);
    expect(encodeHeartbeatFrames(5n, sent, 1_048_576)).toHaveLength(1);
    expect(encodeHeartbeatFrames(5n, [], 1_048_576)).toEqual([]);
  });

  test('is never an exception, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeHeartbeatFrame(bytes)).toHaveProperty('ok');
      }),
      { numRuns: 1000 },
    );
  });

  test('has one encoding: what decodes encodes to the same bytes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 255 }), (position, value) => {
        const changed = changedAt(one(3), position, value);
        const decoding = decodeHeartbeatFrame(changed);
        if (!decoding.ok) return;
        const again = encodeHeartbeatFrames(decoding.incarnation, decoding.beats, 1_000_000);
        expect(again.map((frame) => Buffer.from(frame))).toEqual([Buffer.from(changed)]);
      }),
      { numRuns: 1000 },
    );
  });

  test('is refused when cut anywhere, with a byte too many, and when empty', () => {
    const frame = one(2);
    for (let length = 0; length < frame.length; length++) {
      expect(decodeHeartbeatFrame(frame.subarray(0, length)).ok).toBe(false);
    }
    const longer = new Uint8Array(frame.length + 1);
    longer.set(frame);
    expect(decodeHeartbeatFrame(longer)).toEqual({ ok: false, fault: 'trailingBytes' });
    const empty = new Uint8Array(12);
    empty[0] = 1;
    expect(decodeHeartbeatFrame(empty)).toEqual({ ok: false, fault: 'badField' });
  });

  test.each([
    ['another version', 0, 2, 'unknownVersion'],
    ['a flag', 1, 1, 'unknownFlags'],
    ['an unknown kind', 12 + 32, 3, 'unknownKind'],
    ['a term that is no safe integer', 12 + 33, 0xff, 'unsafeInteger'],
  ])('with %s is refused', (_, position, value, fault) => {
    expect(decodeHeartbeatFrame(changedAt(one(1), position, value))).toEqual({ ok: false, fault });
  });
});
