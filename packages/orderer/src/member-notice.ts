/**
 * A word to a member that has lost what it once knew.
 *
 *   notice := 0x4E | 0x02 | kind u8 | member u32 | channel id 32 | first u64 | second u64
 *
 *   kind 1, another directory    "I know you by another data directory": incarnation heard, incarnation recorded
 *   kind 2, older than promised  "you have acknowledged more than you hold": term of this leader, index acknowledged in it
 *
 * It travels on the Raft subject beside frames and fragments, whose first bytes differ. It decides nothing for the one
 * who sends it; the one who receives it holds it against its own state, and stops rather than vote with a memory it has
 * lost.
 */
import { concatBytes, readU32, writeU32 } from '@cairn/ledger';

const MARKER = 0x4e;
const VERSION = 0x02;
const NOTICE_BYTES = 3 + 4 + 32 + 8 + 8;

interface Addressed {
  readonly channelId: Uint8Array;
  /** The member it is about: another one under the same name does not heed it. */
  readonly member: number;
}

export type NoticeContent =
  | { readonly kind: 'otherDirectory'; readonly heard: bigint; readonly recorded: bigint }
  | { readonly kind: 'olderThanPromised'; readonly term: bigint; readonly acknowledged: bigint };

export type Notice = Addressed & NoticeContent;

export function isNotice(bytes: Uint8Array): boolean {
  return bytes[0] === MARKER;
}

export function encodeNotice(notice: Notice): Uint8Array {
  const member = new Uint8Array(4);
  writeU32(member, 0, notice.member);
  const [kind, first, second] =
    notice.kind === 'otherDirectory'
      ? [1, notice.heard, notice.recorded]
      : [2, notice.term, notice.acknowledged];
  return concatBytes(
    Uint8Array.of(MARKER, VERSION, kind),
    member,
    notice.channelId,
    bytesOfIncarnation(first),
    bytesOfIncarnation(second),
  );
}

/** Null for anything that is not exactly a notice. */
export function decodeNotice(bytes: Uint8Array): Notice | null {
  if (bytes.length !== NOTICE_BYTES || bytes[0] !== MARKER || bytes[1] !== VERSION) return null;
  const addressed = { member: readU32(bytes, 3), channelId: bytes.subarray(7, 39) };
  const first = incarnationOfBytes(bytes.subarray(39, 47));
  const second = incarnationOfBytes(bytes.subarray(47));
  switch (bytes[2]) {
    case 1:
      return { ...addressed, kind: 'otherDirectory', heard: first, recorded: second };
    case 2:
      return { ...addressed, kind: 'olderThanPromised', term: first, acknowledged: second };
    default:
      return null;
  }
}

export function incarnationOfBytes(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
}

export function bytesOfIncarnation(incarnation: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, incarnation);
  return bytes;
}
