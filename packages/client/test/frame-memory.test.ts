import { describe, expect, test } from 'vitest';
import { FrameMemory } from '../src/frame-memory.ts';
import { BYTES_IN_FLIGHT_MAX, FRAME_BYTES_MAX } from '../src/limits.ts';

describe('the memory of frames', () => {
  test('what was given back is used again, for a frame of any large size', () => {
    const memory = new FrameMemory();
    const first = memory.take(FRAME_BYTES_MAX);
    const other = memory.take(FRAME_BYTES_MAX);
    memory.giveBack(first);
    const again = memory.take(100_000);
    expect(other.buffer).not.toBe(first.buffer);
    expect(again.buffer).toBe(first.buffer);
    expect(again.length).toBe(100_000);
  });

  test('what is given back twice is lent once', () => {
    const memory = new FrameMemory();
    const frame = memory.take(FRAME_BYTES_MAX);
    memory.giveBack(frame);
    memory.giveBack(frame);
    expect(memory.take(FRAME_BYTES_MAX).buffer).not.toBe(memory.take(FRAME_BYTES_MAX).buffer);
  });

  test('memory of somebody else is never used, whatever its size', () => {
    const memory = new FrameMemory();
    const payload = new Uint8Array(FRAME_BYTES_MAX);
    memory.giveBack(payload);
    expect(memory.take(FRAME_BYTES_MAX).buffer).not.toBe(payload.buffer);
  });

  test('small frames have memory of their own size', () => {
    const memory = new FrameMemory();
    const frame = memory.take(1_000);
    memory.giveBack(frame);
    expect(frame.buffer.byteLength).toBe(1_000);
    expect(memory.take(1_000).buffer).not.toBe(frame.buffer);
  });

  test('no more is kept than may be in flight', () => {
    const memory = new FrameMemory();
    const frames = Array.from({ length: 20 }, () => memory.take(FRAME_BYTES_MAX));
    const buffers = new Set(frames.map(({ buffer }) => buffer));
    for (const frame of frames) memory.giveBack(frame);
    const kept = Array.from({ length: 20 }, () => memory.take(FRAME_BYTES_MAX)).filter(
      ({ buffer }) => buffers.has(buffer),
    );
    expect(kept.length * FRAME_BYTES_MAX).toBe(BYTES_IN_FLIGHT_MAX);
  });
});
