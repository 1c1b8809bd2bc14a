/**
 * One Raft frame for several members, which the broker multiplies: the usual append goes to all followers alike.
 *
 *   group := 0x47 | count u8 | count x member id u32 | frame
 *
 * Everybody on the members' subject gets it; only those it names take it. The first byte differs from that of a frame, a
 * fragment and a notice.
 */
import type { MemberId, Message } from '@cairn/raft';
import { ByteReader, type FrameFault } from './bytes.ts';
import type { Pieces } from './pieces.ts';
import { encodeRaftFrame, type RaftFrameOrigin } from './raft-frames.ts';

const marker = 0x47;
const headBytes = 2;
const memberBytes = 4;

/** More members than this are not addressed together. */
export const groupMembersMax = 255;

export function isGroupFrame(payload: Uint8Array): boolean {
  return payload[0] === marker;
}

/** The message is encoded as it is; who it is `to` stands in front, not in the frame. */
export function encodeGroupFrame(
  origin: RaftFrameOrigin,
  message: Message,
  members: readonly MemberId[],
): Pieces {
  if (members.length < 1 || members.length > groupMembersMax) {
    throw new RangeError(`a group has 1 to ${groupMembersMax} members, not ${members.length}`);
  }
  return encodeRaftFrame(origin, message, headBytes + members.length * memberBytes, (writer) => {
    writer.u8(marker);
    writer.u8(members.length);
    for (const member of members) writer.u32(member);
  });
}

export type GroupDecoding =
  | { readonly ok: true; readonly members: readonly number[]; readonly frame: Uint8Array }
  | { readonly ok: false; readonly fault: FrameFault };

/** Total. `frame` is a view of what `decodeRaftFrame` reads. */
export function decodeGroupFrame(payload: Uint8Array): GroupDecoding {
  const reader = new ByteReader(payload);
  reader.expect(reader.u8() === marker, 'unknownKind');
  const count = reader.u8();
  reader.expect(count > 0, 'badField');
  const members: number[] = [];
  while (members.length < count) members.push(reader.u32());
  const frame = reader.take(reader.remaining);
  return reader.fault === null ? { ok: true, members, frame } : { ok: false, fault: reader.fault };
}
