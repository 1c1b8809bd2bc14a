/**
 * Bytes to Raft messages: the way back of `raft-frames.ts`.
 *
 * Total and strict: whatever the bytes, the answer is a frame or the name of the first rule they break. Copies nothing:
 * entries are views of the payload. Form only; whether the sender may say it is not decided here.
 */
import type { ConfState, Entry, Index, MemberId, Message, Term } from '@cairn/raft';
import { ByteReader, type FrameFault } from './bytes.ts';
import {
  channelIdBytes,
  entryHeaderBytes,
  entryKinds,
  raftFrameKinds as kinds,
  type RaftFrameOrigin,
  raftFrameVersion,
} from './raft-frames.ts';

export interface RaftFrame extends RaftFrameOrigin {
  readonly message: Message;
}

export interface MessageAddress {
  readonly from: MemberId;
  readonly to: MemberId;
}

export type RaftFrameDecoding =
  | { readonly ok: true; readonly frame: RaftFrame }
  | { readonly ok: false; readonly fault: FrameFault };

/** Total: never throws, whatever the bytes. `address` comes from the subject and the channel's configuration. */
export function decodeRaftFrame(payload: Uint8Array, address: MessageAddress): RaftFrameDecoding {
  const reader = new ByteReader(payload);
  reader.expect(reader.u8() === raftFrameVersion, 'unknownVersion');
  reader.expect(reader.u8() === 0, 'unknownFlags');
  const channelId = reader.take(channelIdBytes);
  const incarnation = reader.bigU64();
  const kind = reader.u8();
  const term = reader.u64() as Term;
  const message = readMessage(reader, kind, { from: address.from, to: address.to, term });
  reader.end();
  if (message === null || reader.fault !== null) {
    return { ok: false, fault: reader.fault ?? 'unknownKind' };
  }
  return { ok: true, frame: { channelId, incarnation, message } };
}

type Envelope = MessageAddress & { readonly term: Term };

/** Every object here is written out field by field: a spread costs more than all the reading. */
function readMessage(reader: ByteReader, kind: number, envelope: Envelope): Message | null {
  const { from, to, term } = envelope;
  switch (kind) {
    case kinds.vote:
      return readVote(reader, envelope);
    case kinds.voteResponse: {
      const [pre, granted] = readBits(reader, 3);
      return { from, to, term, type: 'voteResponse', granted, pre };
    }
    case kinds.append:
      return readAppend(reader, envelope);
    case kinds.appendAccepted:
      return { from, to, term, type: 'appendResponse', reject: false, index: readIndex(reader) };
    case kinds.appendRejected:
      return readRejection(reader, envelope);
    case kinds.heartbeat: {
      const commit = readIndex(reader);
      return { from, to, term, type: 'heartbeat', commit, probe: reader.u64() };
    }
    case kinds.heartbeatResponse:
      return { from, to, term, type: 'heartbeatResponse', probe: reader.u64() };
    case kinds.snapshot:
      return readSnapshot(reader, envelope);
    case kinds.timeoutNow:
      return { from, to, term, type: 'timeoutNow', lastIndex: readIndex(reader) };
    default:
      reader.fail('unknownKind');
      return null;
  }
}

function readIndex(reader: ByteReader): Index {
  return reader.u64() as Index;
}

function readTerm(reader: ByteReader): Term {
  return reader.u64() as Term;
}

/** Two booleans; every bit outside `mask` must be 0. */
function readBits(reader: ByteReader, mask: 1 | 3): readonly [boolean, boolean] {
  const bits = reader.u8();
  reader.expect((bits & ~mask) === 0, 'badField');
  return [(bits & 1) !== 0, (bits & 2) !== 0];
}

function readVote(reader: ByteReader, { from, to, term }: Envelope): Message {
  const lastIndex = readIndex(reader);
  const lastTerm = readTerm(reader);
  const [pre, force] = readBits(reader, 3);
  return { from, to, term, type: 'vote', lastIndex, lastTerm, pre, force };
}

function readRejection(reader: ByteReader, { from, to, term }: Envelope): Message {
  const index = readIndex(reader);
  const hintIndex = readIndex(reader);
  const hintTerm = readTerm(reader);
  return { from, to, term, type: 'appendResponse', reject: true, index, hintIndex, hintTerm };
}

function readAppend(reader: ByteReader, { from, to, term }: Envelope): Message {
  const prevIndex = readIndex(reader);
  const prevTerm = readTerm(reader);
  const commit = readIndex(reader);
  const entries = readEntries(reader, prevIndex);
  return { from, to, term, type: 'append', prevIndex, prevTerm, commit, entries };
}

function readEntries(reader: ByteReader, prevIndex: Index): readonly Entry[] {
  const count = reader.u32();
  // Before any allocation: a small frame cannot announce many entries.
  reader.expect(count * entryHeaderBytes <= reader.remaining, 'truncated');
  reader.expect(Number.isSafeInteger(prevIndex + count), 'unsafeInteger');
  const entries: Entry[] = [];
  while (entries.length < count && reader.fault === null) {
    entries.push(readEntry(reader, (prevIndex + 1 + entries.length) as Index));
  }
  return entries;
}

function readEntry(reader: ByteReader, index: Index): Entry {
  const term = readTerm(reader);
  const kind = entryKinds[reader.u8()];
  const data = reader.take(reader.u32());
  reader.expect(kind !== undefined, 'unknownKind');
  reader.expect(kind !== 'noop' || data.length === 0, 'badField');
  return { index, term, kind: kind ?? 'noop', data };
}

function readSnapshot(reader: ByteReader, { from, to, term }: Envelope): Message {
  const index = readIndex(reader);
  const indexTerm = readTerm(reader);
  const conf = readConf(reader);
  const data = reader.take(reader.u32());
  const snapshot = { index, term: indexTerm, conf, data };
  return { from, to, term, type: 'snapshot', snapshot };
}

function readConf(reader: ByteReader): ConfState {
  const voters = readMembers(reader);
  const outgoing = readMembers(reader);
  const learners = readMembers(reader);
  const learnersNext = readMembers(reader);
  const [autoLeave] = readBits(reader, 1);
  return { voters, outgoing, learners, learnersNext, autoLeave };
}

/** Strictly ascending, none 0: one configuration has one encoding. */
function readMembers(reader: ByteReader): readonly MemberId[] {
  const count = reader.u16();
  const members: MemberId[] = [];
  while (members.length < count && reader.fault === null) {
    const member = reader.u32();
    reader.expect(reader.fault !== null || member > (members.at(-1) ?? 0), 'badField');
    members.push(member as MemberId);
  }
  return members;
}
