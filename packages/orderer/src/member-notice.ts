/**
 * A word to a member that cannot be heard: "I know you by another data directory".
 *
 *   notice := 0x4E | 0x01 | channel id 32 | incarnation heard u64 | incarnation recorded u64
 *
 * It travels on the Raft subject beside frames and fragments, whose first bytes differ. It decides nothing for the one
 * who sends it; the one who receives it stops rather than vote with a memory it has lost.
 */
import { concatBytes } from '@cairn/ledger';

const MARKER = 0x4e;
const VERSION = 0x01;
const NOTICE_BYTES = 2 + 32 + 8 + 8;

export interface Notice {
  readonly channelId: Uint8Array;
  readonly heard: bigint;
  readonly recorded: bigint;
}

export function isNotice(bytes: Uint8Array): boolean {
  return bytes[0] === MARKER;
}

export function encodeNotice({ channelId, heard, recorded }: Notice): Uint8Array {
  return concatBytes(
    Uint8Array.of(MARKER, VERSION),
    channelId,
    bytesOfIncarnation(heard),
    bytesOfIncarnation(recorded),
  );
}

/** Null for anything that is not exactly a notice. */
export function decodeNotice(bytes: Uint8Array): Notice | null {
  if (bytes.length !== NOTICE_BYTES || bytes[0] !== MARKER || bytes[1] !== VERSION) return null;
  return {
    channelId: bytes.subarray(2, 34),
    heard: incarnationOfBytes(bytes.subarray(34, 42)),
    recorded: incarnationOfBytes(bytes.subarray(42)),
  };
}

export function incarnationOfBytes(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
}

export function bytesOfIncarnation(incarnation: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, incarnation);
  return bytes;
}
