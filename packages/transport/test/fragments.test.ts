import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createReassembler, type Reassembly, splitFrame } from '../src/index.ts';
import { changedAt } from './frame-arbitraries.ts';

const limits = { frameBytesMax: 10_000, partialFramesMax: 4, ageTicksMax: 3 };

function frameOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, position) => (position * seed) % 251);
}

function framesIn(results: readonly Reassembly[]): Buffer[] {
  return results.flatMap((result) => (result.kind === 'frame' ? [Buffer.from(result.frame)] : []));
}

describe('splitting', () => {
  test('leaves alone what fits', () => {
    const frame = frameOf(100);
    expect(splitFrame(frame, 1, 100)).toEqual([frame]);
    expect(splitFrame(frame, 1, 99)).toHaveLength(2);
  });

  test('makes messages that fit, and they come back together in any order and repeated', () => {
    const scenario = fc.record({
      length: fc.integer({ min: 1, max: 5000 }),
      max: fc.integer({ min: 60, max: 3000 }),
      frameId: fc.nat({ max: 0xffffffff }),
      order: fc.infiniteStream(fc.nat()),
    });
    fc.assert(
      fc.property(scenario, ({ length, max, frameId, order }) => {
        const frame = frameOf(length);
        const pieces = splitFrame(frame, frameId, max);
        expect(pieces.every((piece) => piece.length <= max)).toBe(true);
        const keyed = [...pieces, ...pieces].map((piece) => ({ piece, key: order.next().value }));
        const shuffled = keyed.toSorted((a, b) => (a.key ?? 0) - (b.key ?? 0));
        const reassembler = createReassembler(limits);
        const results = shuffled.map(({ piece }) => reassembler.accept('orderer2', piece));
        expect(framesIn(results)[0]).toEqual(Buffer.from(frame));
      }),
      { numRuns: 200 },
    );
  });

  test('refuses a message size that cannot carry the frame', () => {
    expect(() => splitFrame(frameOf(100), 1, 19)).toThrow(RangeError);
    expect(() => splitFrame(new Uint8Array(200_000), 1, 20)).toThrow(RangeError);
  });
});

describe('putting together', () => {
  test('keeps interleaved frames and peers apart', () => {
    const reassembler = createReassembler(limits);
    const [first, second] = [frameOf(500, 3), frameOf(700, 7)];
    const [a, b] = [splitFrame(first, 1, 200), splitFrame(second, 2, 200)];
    const foreign = splitFrame(frameOf(500, 11), 1, 200);
    const results = a.flatMap((piece, position) => [
      reassembler.accept('orderer2', piece),
      reassembler.accept('orderer3', foreign[position] ?? piece),
      reassembler.accept('orderer2', b[position] ?? piece),
    ]);
    results.push(...b.slice(a.length).map((piece) => reassembler.accept('orderer2', piece)));
    expect(framesIn(results)).toContainEqual(Buffer.from(first));
    expect(framesIn(results)).toContainEqual(Buffer.from(second));
    expect(framesIn(results)).toHaveLength(3);
  });

  test('forgets a frame that misses a piece, by age', () => {
    const reassembler = createReassembler(limits);
    const pieces = splitFrame(frameOf(500), 1, 200);
    for (const piece of pieces.slice(1)) reassembler.accept('orderer2', piece);
    expect([1, 2, 3, 4].map(() => reassembler.tick())).toEqual([0, 0, 0, 1]);
    expect(reassembler.accept('orderer2', pieces[0]!)).toEqual({ kind: 'partial' });
  });

  test('forgets the oldest of too many', () => {
    const reassembler = createReassembler(limits);
    const frames = [1, 2, 3, 4, 5].map((id) => splitFrame(frameOf(500, id), id, 200));
    for (const pieces of frames) reassembler.accept('orderer2', pieces[0]!);
    const endings = frames.map((pieces) =>
      framesIn(pieces.slice(1).map((piece) => reassembler.accept('orderer2', piece))),
    );
    expect(endings.map((ending) => ending.length)).toEqual([0, 0, 0, 0, 0]);
    // Frame 1 was driven out, and its late pieces drove out the next, and so on: bounded, and Raft repeats.
    expect(reassembler.tick()).toBe(0);
  });

  test('forgets a peer that has gone', () => {
    const reassembler = createReassembler(limits);
    const pieces = splitFrame(frameOf(500), 1, 200);
    reassembler.accept('orderer2', pieces[0]!);
    reassembler.forget('orderer2');
    const rest = pieces.slice(1).map((piece) => reassembler.accept('orderer2', piece));
    expect(framesIn(rest)).toEqual([]);
  });

  test('takes the newer frame when a restarted sender uses a number again', () => {
    const reassembler = createReassembler(limits);
    const [old, young] = [frameOf(500, 3), frameOf(500, 7)];
    reassembler.accept('orderer2', splitFrame(old, 1, 200)[0]!);
    const results = splitFrame(young, 1, 200).map((piece) => reassembler.accept('orderer2', piece));
    expect(framesIn(results)).toEqual([Buffer.from(young)]);
  });

  test('refuses a frame over the bound before it takes memory for it', () => {
    const [piece] = splitFrame(new Uint8Array(20_000), 1, 200);
    expect(createReassembler(limits).accept('orderer2', piece!)).toEqual({
      kind: 'refused',
      fault: 'frameTooLarge',
    });
  });

  test('refuses a frame whose checksum differs', () => {
    const reassembler = createReassembler(limits);
    const pieces = splitFrame(frameOf(300), 1, 200);
    reassembler.accept('orderer2', changedAt(pieces[0]!, 100, 0xee));
    expect(reassembler.accept('orderer2', pieces[1]!)).toEqual({
      kind: 'refused',
      fault: 'checksum',
    });
  });

  test('is never an exception and never gives a frame that was not sent', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const fragment = Uint8Array.from([0xf0, ...bytes]);
        const result = createReassembler(limits).accept('orderer2', fragment);
        expect(['partial', 'refused']).toContain(result.kind);
      }),
      { numRuns: 1000 },
    );
    const [first] = splitFrame(frameOf(500), 1, 200);
    for (let length = 1; length < first!.length; length++) {
      const result = createReassembler(limits).accept('orderer2', first!.subarray(0, length));
      expect(result.kind).toBe('refused');
    }
  });
});
