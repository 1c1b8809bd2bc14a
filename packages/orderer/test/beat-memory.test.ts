import { type Beat, encodeHeartbeatFrames } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { BeatMemory, type HeardFrame } from '../src/beat-memory.ts';

const FRAME_BYTES_MAX = 1024 * 1024;

function frameOf(channels: number, commit = 7): Uint8Array {
  const beats = Array.from({ length: channels }, (_, at): Beat => {
    const channelId = new Uint8Array(32).fill(at + 1);
    return { type: 'heartbeat', channelId, term: 3, commit, probe: 0 };
  });
  return encodeHeartbeatFrames(5n, beats, FRAME_BYTES_MAX)[0]!;
}

const read = (memory: BeatMemory, sender: string, payload: Uint8Array) =>
  memory.read(sender, payload) as HeardFrame;

describe('frames of heartbeats that came before', () => {
  test('are known by their bytes and their sender', () => {
    const memory = new BeatMemory();
    const first = read(memory, 'orderer1', frameOf(3));
    expect(first.beats.map(({ beat }) => beat)).toMatchObject([{ term: 3 }, {}, { commit: 7 }]);
    expect(read(memory, 'orderer1', frameOf(3))).toBe(first);
    expect(read(memory, 'orderer2', frameOf(3))).not.toBe(first);
    expect(read(memory, 'orderer1', frameOf(3, 8))).not.toBe(first);
  });

  test('are kept as they were, whatever becomes of the message', () => {
    const memory = new BeatMemory();
    const payload = frameOf(2);
    const { beats } = read(memory, 'orderer1', payload);
    payload.fill(0);
    expect(beats[1]!.beat.channelId).toEqual(new Uint8Array(32).fill(2));
    expect(beats[1]!.answer).toMatchObject({ type: 'heartbeatResponse', term: 3, probe: 0 });
    expect(memory.read('orderer1', payload)).toBe('unknownVersion');
  });

  test('are forgotten, rather than kept for any number of senders or frames', () => {
    const memory = new BeatMemory();
    const first = read(memory, 'orderer1', frameOf(1));
    for (let other = 0; other < 64; other++) read(memory, `stranger${other}`, frameOf(1));
    const again = read(memory, 'orderer1', frameOf(1));
    expect(again).not.toBe(first);
    for (let channels = 2; channels < 132; channels++) read(memory, 'orderer1', frameOf(channels));
    expect(read(memory, 'orderer1', frameOf(1))).not.toBe(again);
  });
});
