/**
 * The heartbeats of all channels between two orderers in as few messages as possible.
 *
 *   frame    := version u8 (1) | flags u8 (0) | sender's incarnation u64 | count u16 (>= 1) | count beats
 *   beat     := channel id 32 | 1 | term u64 | commit u64 | probe u64         a heartbeat
 *             | channel id 32 | 2 | term u64 | probe u64                      the answer to one
 *
 * A hundred idle channels cost one message per peer and interval instead of a hundred. Decoding is total.
 */
import { ByteReader, ByteWriter, type FrameFault } from './bytes.ts';
import { channelIdBytes } from './raft-frames.ts';

const version = 1;
const headerBytes = 1 + 1 + 8 + 2;
const kinds = { heartbeat: 1, heartbeatResponse: 2 } as const;
const beatsMax = 0xffff;

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

/** As many frames as are needed for none to be larger than `payloadBytesMax`; none for no beats. */
export function encodeHeartbeatFrames(
  incarnation: bigint,
  beats: readonly Beat[],
  payloadBytesMax: number,
): readonly Uint8Array[] {
  return groupsOf(beats, payloadBytesMax).map((group) => encodeGroup(incarnation, group));
}

function groupsOf(beats: readonly Beat[], payloadBytesMax: number): readonly (readonly Beat[])[] {
  const groups: Beat[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const beat of beats) {
    bytes += beatBytesOf(beat);
    if (bytes > payloadBytesMax || (groups.at(-1)?.length ?? 0) === beatsMax) {
      groups.push([]);
      bytes = headerBytes + beatBytesOf(beat);
    }
    groups.at(-1)?.push(beat);
  }
  return groups;
}

function beatBytesOf(beat: Beat): number {
  return channelIdBytes + 1 + 8 + 8 + (beat.type === 'heartbeat' ? 8 : 0);
}

function encodeGroup(incarnation: bigint, beats: readonly Beat[]): Uint8Array {
  const bytes = beats.reduce((sum, beat) => sum + beatBytesOf(beat), headerBytes);
  const writer = new ByteWriter(bytes);
  writer.u8(version);
  writer.u8(0);
  writer.bigU64(incarnation);
  writer.u16(beats.length);
  for (const beat of beats) writeBeat(writer, beat);
  return writer.finish();
}

function writeBeat(writer: ByteWriter, beat: Beat): void {
  if (beat.channelId.length !== channelIdBytes) {
    throw new RangeError(`a channel id has 32 bytes, not ${beat.channelId.length}`);
  }
  writer.put(beat.channelId);
  writer.u8(kinds[beat.type]);
  writer.u64(beat.term);
  if (beat.type === 'heartbeat') writer.u64(beat.commit);
  writer.u64(beat.probe);
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
