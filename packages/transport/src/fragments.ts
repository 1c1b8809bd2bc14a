/**
 * Frames larger than a NATS message may be, in pieces.
 *
 *   fragment := 0xF0 | frame id u32 | crc32 of the frame u32 | frame bytes u32 | chunk bytes u32 | position u16 | chunk
 *
 * No frame of ours begins with 0xF0, so whole frames and fragments share a subject. All chunks but the last have `chunk
 * bytes`. Fragments may be lost, repeated and interleaved; a frame that misses one is forgotten after some ticks, and
 * the memory one peer can hold is bounded whatever it sends. There is no repetition here: Raft asks again.
 */
import { crc32 } from 'node:zlib';
import { ByteReader, ByteWriter, type FrameFault } from './bytes.ts';

const marker = 0xf0;
const headerBytes = 1 + 4 + 4 + 4 + 4 + 2;
const chunksMax = 0x10000;

/** The frame itself if it fits, otherwise its fragments. `frameId` is a u32 that the sender counts up per peer. */
export function splitFrame(
  frame: Uint8Array,
  frameId: number,
  payloadBytesMax: number,
): readonly Uint8Array[] {
  if (frame.length <= payloadBytesMax) return [frame];
  const chunkBytes = payloadBytesMax - headerBytes;
  const count = Math.ceil(frame.length / chunkBytes);
  if (chunkBytes < 1 || count > chunksMax) {
    throw new RangeError(
      `${frame.length} bytes cannot be split for ${payloadBytesMax} byte messages`,
    );
  }
  const checksum = crc32(frame);
  return Array.from({ length: count }, (_, position) => {
    const chunk = frame.subarray(position * chunkBytes, (position + 1) * chunkBytes);
    const writer = new ByteWriter(headerBytes + chunk.length);
    writer.u8(marker);
    writer.u32(frameId >>> 0);
    writer.u32(checksum);
    writer.u32(frame.length);
    writer.u32(chunkBytes);
    writer.u16(position);
    writer.put(chunk);
    return writer.finish();
  });
}

export interface ReassemblyLimits {
  /** Largest frame that is put together. */
  readonly frameBytesMax: number;
  /** Unfinished frames kept per peer; a new one beyond it drives out the oldest. */
  readonly partialFramesMax: number;
  /** Ticks after which an unfinished frame is forgotten. */
  readonly ageTicksMax: number;
}

export type Reassembly =
  /** A whole frame: the payload itself, or the last missing fragment has come. */
  | { readonly kind: 'frame'; readonly frame: Uint8Array }
  | { readonly kind: 'partial' }
  | { readonly kind: 'refused'; readonly fault: FrameFault | 'frameTooLarge' | 'checksum' };

export interface Reassembler {
  accept(peer: string, payload: Uint8Array): Reassembly;
  /** One step of the caller's clock. Returns how many unfinished frames were forgotten. */
  tick(): number;
  /** The peer has gone: its unfinished frames are forgotten. */
  forget(peer: string): void;
}

interface Fragment {
  readonly frameId: number;
  readonly checksum: number;
  readonly frameBytes: number;
  readonly chunkBytes: number;
  readonly position: number;
  readonly chunk: Uint8Array;
}

interface PartialFrame {
  readonly first: Fragment;
  readonly bytes: Uint8Array;
  readonly missing: Set<number>;
  ageTicks: number;
}

export function createReassembler(limits: ReassemblyLimits): Reassembler {
  const peers = new Map<string, Map<number, PartialFrame>>();
  return {
    accept(peer, payload) {
      if (payload[0] !== marker) return { kind: 'frame', frame: payload };
      const fragment = readFragment(payload, limits.frameBytesMax);
      if ('fault' in fragment) return { kind: 'refused', fault: fragment.fault };
      const partials = peers.get(peer) ?? new Map<number, PartialFrame>();
      peers.set(peer, partials);
      return addFragment(partials, fragment, limits.partialFramesMax);
    },
    tick() {
      let forgotten = 0;
      for (const [peer, partials] of peers) {
        forgotten += forgetOld(partials, limits.ageTicksMax);
        if (partials.size === 0) peers.delete(peer);
      }
      return forgotten;
    },
    forget(peer) {
      peers.delete(peer);
    },
  };
}

type FragmentReading = Fragment | { readonly fault: FrameFault | 'frameTooLarge' };

function readFragment(payload: Uint8Array, frameBytesMax: number): FragmentReading {
  const reader = new ByteReader(payload);
  reader.u8();
  const frameId = reader.u32();
  const checksum = reader.u32();
  const frameBytes = reader.u32();
  const chunkBytes = reader.u32();
  const position = reader.u16();
  const chunk = reader.take(reader.remaining);
  if (reader.fault !== null) return { fault: reader.fault };
  if (frameBytes > frameBytesMax) return { fault: 'frameTooLarge' };
  const fragment = { frameId, checksum, frameBytes, chunkBytes, position, chunk };
  return isConsistent(fragment) ? fragment : { fault: 'badField' };
}

function isConsistent({ frameBytes, chunkBytes, position, chunk }: Fragment): boolean {
  const start = position * chunkBytes;
  return (
    chunkBytes > 0 &&
    chunkBytes < frameBytes &&
    Math.ceil(frameBytes / chunkBytes) <= chunksMax &&
    start < frameBytes &&
    chunk.length === Math.min(chunkBytes, frameBytes - start)
  );
}

function addFragment(
  partials: Map<number, PartialFrame>,
  fragment: Fragment,
  partialFramesMax: number,
): Reassembly {
  const partial = partialFor(partials, fragment, partialFramesMax);
  if (partial.missing.delete(fragment.position)) {
    partial.bytes.set(fragment.chunk, fragment.position * fragment.chunkBytes);
  }
  if (partial.missing.size > 0) return { kind: 'partial' };
  partials.delete(fragment.frameId);
  return crc32(partial.bytes) === fragment.checksum
    ? { kind: 'frame', frame: partial.bytes }
    : { kind: 'refused', fault: 'checksum' };
}

function partialFor(
  partials: Map<number, PartialFrame>,
  fragment: Fragment,
  partialFramesMax: number,
): PartialFrame {
  const existing = partials.get(fragment.frameId);
  if (existing !== undefined && isSameFrame(existing.first, fragment)) return existing;
  // A sender that started again counts from the start: what it says now replaces what it said then.
  partials.delete(fragment.frameId);
  if (partials.size >= partialFramesMax) forgetOldest(partials);
  const count = Math.ceil(fragment.frameBytes / fragment.chunkBytes);
  const partial: PartialFrame = {
    first: fragment,
    bytes: new Uint8Array(fragment.frameBytes),
    missing: new Set(Array.from({ length: count }, (_, position) => position)),
    ageTicks: 0,
  };
  partials.set(fragment.frameId, partial);
  return partial;
}

function isSameFrame(a: Fragment, b: Fragment): boolean {
  return (
    a.checksum === b.checksum && a.frameBytes === b.frameBytes && a.chunkBytes === b.chunkBytes
  );
}

/** A Map keeps insertion order: the first key is the oldest frame. */
function forgetOldest(partials: Map<number, PartialFrame>): void {
  for (const frameId of partials.keys()) {
    partials.delete(frameId);
    return;
  }
}

function forgetOld(partials: Map<number, PartialFrame>, ageTicksMax: number): number {
  let forgotten = 0;
  for (const [frameId, partial] of partials) {
    partial.ageTicks += 1;
    if (partial.ageTicks <= ageTicksMax) continue;
    partials.delete(frameId);
    forgotten += 1;
  }
  return forgotten;
}
