/**
 * Raft messages to bytes; `raft-frame-reader.ts` is the way back.
 *
 *   frame := version u8 (1) | flags u8 (0) | channel id 32 | sender's incarnation u64 | kind u8 | term u64 | fields
 *   entry := term u64 | kind u8 | length u32 | bytes                    its index is implied: previous index + 1, + 2, ...
 *
 * Who speaks to whom is not in the frame: it is in the subject, which the broker pins to the connected key. All flags
 * are reserved (bit 0 for a MAC) and refused. A large block is not copied into its frame: it is a piece of it.
 */
import type { ConfState, Entry, EntryKind, MemberId, Message } from '@cairn/raft';
import { ByteWriter } from './bytes.ts';
import type { Pieces } from './pieces.ts';

export const channelIdBytes = 32;
export const raftFrameVersion = 1;
const headerBytes = 1 + 1 + channelIdBytes + 8 + 1 + 8;
export const entryHeaderBytes = 8 + 1 + 4;

export interface RaftFrameOrigin {
  /** 32 bytes: the hash of block 0. */
  readonly channelId: Uint8Array;
  /** Drawn anew at each start of the sender: tells an earlier life's late frames from this one's. */
  readonly incarnation: bigint;
}

export const raftFrameKinds = {
  vote: 1,
  voteResponse: 2,
  append: 3,
  appendAccepted: 4,
  appendRejected: 5,
  heartbeat: 6,
  heartbeatResponse: 7,
  snapshot: 8,
  timeoutNow: 9,
} as const;

export const entryKinds: readonly EntryKind[] = ['noop', 'data', 'config'];

/** `writeBefore` fills the `bytesBefore` that the frame is to be preceded by. */
export function encodeRaftFrame(
  origin: RaftFrameOrigin,
  message: Message,
  bytesBefore = 0,
  writeBefore: (writer: ByteWriter) => void = () => {},
): Pieces {
  if (origin.channelId.length !== channelIdBytes) {
    throw new RangeError(`a channel id has 32 bytes, not ${origin.channelId.length}`);
  }
  const writer = new ByteWriter(bytesBefore + headerBytes + fieldBytesOf(message));
  writeBefore(writer);
  writer.u8(raftFrameVersion);
  writer.u8(0);
  writer.put(origin.channelId);
  writer.bigU64(origin.incarnation);
  writer.u8(kindOf(message));
  writer.u64(message.term);
  writeFields(writer, message);
  return writer.finishInPieces();
}

function kindOf(message: Message): number {
  if (message.type !== 'appendResponse') return raftFrameKinds[message.type];
  return message.reject ? raftFrameKinds.appendRejected : raftFrameKinds.appendAccepted;
}

function fieldBytesOf(message: Message): number {
  switch (message.type) {
    case 'vote':
      return 8 + 8 + 1;
    case 'voteResponse':
      return 1;
    case 'append':
      return message.entries.reduce(
        (sum, { data }) => sum + entryHeaderBytes + ByteWriter.copiedBytes(data.length),
        3 * 8 + 4,
      );
    case 'appendResponse':
      return message.reject ? 3 * 8 : 8;
    case 'heartbeat':
      return 2 * 8;
    case 'heartbeatResponse':
    case 'timeoutNow':
      return 8;
    case 'snapshot':
      return 2 * 8 + confBytesOf(message.snapshot.conf) + 4 + message.snapshot.data.length;
  }
}

function confBytesOf(conf: ConfState): number {
  return memberListsOf(conf).reduce((sum, members) => sum + 2 + 4 * members.length, 1);
}

function memberListsOf(conf: ConfState): readonly (readonly MemberId[])[] {
  return [conf.voters, conf.outgoing, conf.learners, conf.learnersNext];
}

function writeFields(writer: ByteWriter, message: Message): void {
  switch (message.type) {
    case 'vote':
      writer.u64(message.lastIndex);
      writer.u64(message.lastTerm);
      writer.u8(bitsOf(message.pre, message.force));
      break;
    case 'voteResponse':
      writer.u8(bitsOf(message.pre, message.granted));
      break;
    case 'append':
      writeAppend(writer, message);
      break;
    case 'appendResponse':
      writer.u64(message.index);
      if (message.reject) {
        writer.u64(message.hintIndex);
        writer.u64(message.hintTerm);
      }
      break;
    case 'heartbeat':
      writer.u64(message.commit);
      writer.u64(message.probe);
      break;
    case 'heartbeatResponse':
      writer.u64(message.probe);
      break;
    case 'timeoutNow':
      writer.u64(message.lastIndex);
      break;
    case 'snapshot':
      writeSnapshot(writer, message);
      break;
  }
}

export type AppendMessage = Extract<Message, { type: 'append' }>;
type SnapshotMessage = Extract<Message, { type: 'snapshot' }>;

function writeAppend(writer: ByteWriter, message: AppendMessage): void {
  writer.u64(message.prevIndex);
  writer.u64(message.prevTerm);
  writer.u64(message.commit);
  writer.u32(message.entries.length);
  message.entries.forEach((entry, position) => {
    assertContiguous(message, entry, position);
    writer.u64(entry.term);
    writer.u8(entryKinds.indexOf(entry.kind));
    writer.u32(entry.data.length);
    writer.lend(entry.data);
  });
}

/** The index is not in the frame, so an entry out of place would arrive as another entry. */
function assertContiguous(message: AppendMessage, entry: Entry, position: number): void {
  const expected = message.prevIndex + 1 + position;
  if (entry.index !== expected) {
    throw new RangeError(`entry ${entry.index} stands where entry ${expected} belongs`);
  }
}

function writeSnapshot(writer: ByteWriter, { snapshot }: SnapshotMessage): void {
  writer.u64(snapshot.index);
  writer.u64(snapshot.term);
  for (const members of memberListsOf(snapshot.conf)) {
    writer.u16(members.length);
    for (const member of members) writer.u32(member);
  }
  writer.u8(bitsOf(snapshot.conf.autoLeave, false));
  writer.u32(snapshot.data.length);
  writer.put(snapshot.data);
}

function bitsOf(first: boolean, second: boolean): number {
  return (first ? 1 : 0) | (second ? 2 : 0);
}

/** Equal to the byte but for the receiver. Data is compared by reference: entries are immutable. */
export function isSameAppend(a: AppendMessage, b: AppendMessage): boolean {
  return (
    a.term === b.term &&
    a.prevIndex === b.prevIndex &&
    a.prevTerm === b.prevTerm &&
    a.commit === b.commit &&
    a.entries.length === b.entries.length &&
    a.entries.every((entry, position) => isSameEntry(entry, b.entries[position]))
  );
}

function isSameEntry(a: Entry, b: Entry | undefined): boolean {
  return (
    b !== undefined &&
    a.index === b.index &&
    a.term === b.term &&
    a.kind === b.kind &&
    a.data === b.data
  );
}
