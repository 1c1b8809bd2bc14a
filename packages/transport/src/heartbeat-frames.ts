/**
 * The heartbeats of all channels between two orderers in as few messages as possible.
 *
 *   frame    := version u8 (1) | flags u8 (0) | sender's incarnation u64 | count u16 (>= 1) | count beats
 *   beat     := channel id 32 | 1 | term u64 | commit u64 | probe u64         a heartbeat
 *             | channel id 32 | 2 | term u64 | probe u64                      the answer to one
 *
 * A hundred idle channels cost one message per peer and interval instead of a hundred. Decoding is total.
 */
import { Buffer } from 'node:buffer';
import { ByteReader, ByteWriter, type FrameFault, putU64 } from './bytes.ts';
import { channelIdBytes } from './raft-frames.ts';

const version = 1;
const headerBytes = 1 + 1 + 8 + 2;
const kinds = { heartbeat: 1, heartbeatResponse: 2 } as const;
const beatsMax = 0xffff;
const countAt = headerBytes - 2;
/** Room for some thirty channels. */
const firstFrameBytes = 2048;
const nothing: readonly Uint8Array[] = [];

interface BeatBase {
  /** 32 bytes; a view of the payload when decoded. */
  readonly channelId: Uint8Array;
  readonly term: number;
  readonly probe: number;
}

export type Beat =
  | (BeatBase & { readonly type: 'heartbeat'; readonly commit: number })
  | (BeatBase & { readonly type: 'heartbeatResponse' });

export type HeartbeatFrameDecoding =
  | { readonly ok: true; readonly incarnation: bigint; readonly beats: readonly Beat[] }
  | { readonly ok: false; readonly fault: FrameFault };

/**
 * Beats for one receiver, written as they come: an idle channel has nothing else to say, and a process may have thousands.
 */
export class HeartbeatFrameWriter {
  readonly #incarnation: bigint;
  #frames: Uint8Array[] = [];
  /** Where one frame after the other is written: grows, and each is copied from it at its length. */
  #frame: Uint8Array = Buffer.allocUnsafeSlow(firstFrameBytes);
  #length = 0;
  #count = 0;

  constructor(incarnation: bigint) {
    this.#incarnation = incarnation;
  }

  /** No frame will be larger than `payloadBytesMax`. */
  add(beat: Beat, payloadBytesMax: number): void {
    const bytes = beatBytesOf(beat);
    const isFull = this.#length + bytes > payloadBytesMax || this.#count === beatsMax;
    if (this.#count > 0 && isFull) this.#finish();
    if (this.#count === 0) this.#begin();
    if (this.#length + bytes > this.#frame.length) this.#grow();
    const { channelId, type, term, probe } = beat;
    if (channelId.length !== channelIdBytes) {
      throw new RangeError(`a channel id has ${channelIdBytes} bytes, not ${channelId.length}`);
    }
    const frame = this.#frame;
    let at = this.#length;
    for (let offset = 0; offset < channelIdBytes; offset++) frame[at++] = channelId[offset]!;
    frame[at++] = kinds[type];
    at = putU64(frame, at, term);
    if (beat.type === 'heartbeat') at = putU64(frame, at, beat.commit);
    this.#length = putU64(frame, at, probe);
    this.#count += 1;
  }

  #begin(): void {
    this.#frame[0] = version;
    this.#frame[1] = 0;
    const incarnation = new ByteWriter(8);
    incarnation.bigU64(this.#incarnation);
    this.#frame.set(incarnation.finish(), 2);
    this.#length = headerBytes;
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(2 * this.#frame.length);
    larger.set(this.#frame);
    this.#frame = larger;
  }

  #finish(): void {
    this.#frame[countAt] = this.#count >>> 8;
    this.#frame[countAt + 1] = this.#count;
    const finished = Buffer.allocUnsafe(this.#length);
    finished.set(this.#frame.subarray(0, this.#length));
    this.#frames.push(finished);
    this.#count = 0;
    this.#length = 0;
  }

  /** What was added since this was asked last; none for no beats. */
  take(): readonly Uint8Array[] {
    if (this.#count > 0) this.#finish();
    // Asked at the end of every turn, of which few have anything to say.
    if (this.#frames.length === 0) return nothing;
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }
}

/** As many frames as are needed for none to be larger than `payloadBytesMax`; none for no beats. */
export function encodeHeartbeatFrames(
  incarnation: bigint,
  beats: readonly Beat[],
  payloadBytesMax: number,
): readonly Uint8Array[] {
  const writer = new HeartbeatFrameWriter(incarnation);
  for (const beat of beats) writer.add(beat, payloadBytesMax);
  return writer.take();
}

function beatBytesOf(beat: Beat): number {
  return channelIdBytes + 1 + 8 + 8 + (beat.type === 'heartbeat' ? 8 : 0);
}

/** Total: never throws, whatever the bytes. */
export function decodeHeartbeatFrame(payload: Uint8Array): HeartbeatFrameDecoding {
  const reader = new ByteReader(payload);
  reader.expect(reader.u8() === version, 'unknownVersion');
  reader.expect(reader.u8() === 0, 'unknownFlags');
  const incarnation = reader.bigU64();
  const count = reader.u16();
  reader.expect(reader.fault !== null || count > 0, 'badField');
  const beats: Beat[] = [];
  while (beats.length < count && reader.fault === null) beats.push(readBeat(reader));
  reader.end();
  return reader.fault === null
    ? { ok: true, incarnation, beats }
    : { ok: false, fault: reader.fault };
}

function readBeat(reader: ByteReader): Beat {
  const channelId = reader.take(channelIdBytes);
  const kind = reader.u8();
  const term = reader.u64();
  if (kind === kinds.heartbeat) {
    const commit = reader.u64();
    return { type: 'heartbeat', channelId, term, commit, probe: reader.u64() };
  }
  reader.expect(kind === kinds.heartbeatResponse, 'unknownKind');
  return { type: 'heartbeatResponse', channelId, term, probe: reader.u64() };
}
