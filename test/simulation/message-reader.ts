/**
 * Raft messages read off the wire, once for each time they are sent, for those who watch.
 *
 * One per sender. The same append to several followers is one frame: its bytes are decoded once and readdressed.
 */
import { readU32 } from '@cairn/ledger';
import type { MemberId, Message } from '@cairn/raft';
import {
  type Beat,
  createReassembler,
  decodeHeartbeatFrame,
  decodeRaftFrame,
  type Reassembler,
} from '@cairn/transport';

const REASSEMBLY = { frameBytesMax: 4 * 1024 * 1024, partialFramesMax: 64, ageTicksMax: 50 };
const NOTICE = 0x4e;
/** How a frame for several members begins, and what its subject says instead of one receiver. */
export const GROUP = 0x47;
export const MEMBERS = 'members';

export interface BeatMessage {
  readonly channelId: Uint8Array;
  readonly message: Message;
}

export interface GroupMessage {
  readonly members: readonly number[];
  readonly message: Message;
}

export class MessageReader {
  readonly #reassembler: Reassembler = createReassembler(REASSEMBLY);
  #lastBytes: Uint8Array | null = null;
  #lastMessage: Message | null = null;

  /** Null for a fragment that completes nothing, for a notice, and for what is no frame at all. */
  read(payload: Uint8Array, peer: string, from: MemberId, to: MemberId): Message | null {
    if (payload === this.#lastBytes && this.#lastMessage !== null) {
      return readdressed(this.#lastMessage, to);
    }
    if (payload[0] === NOTICE) return null;
    const reassembly = this.#reassembler.accept(peer, payload);
    if (reassembly.kind !== 'frame') return null;
    const decoding = decodeRaftFrame(reassembly.frame, { from, to });
    if (!decoding.ok) return null;
    this.#lastBytes = payload;
    this.#lastMessage = decoding.frame.message;
    return this.#lastMessage;
  }

  /** What is for several members: `message` is addressed to none of them. Null as above. */
  readGroup(payload: Uint8Array, channel: string, from: MemberId): GroupMessage | null {
    const reassembly = this.#reassembler.accept(`${channel}/${MEMBERS}`, payload);
    if (reassembly.kind !== 'frame' || reassembly.frame[0] !== GROUP) return null;
    const { frame } = reassembly;
    const start = 2 + 4 * frame[1]!;
    const members: number[] = [];
    for (let at = 2; at < start; at += 4) members.push(readU32(frame, at));
    const decoding = decodeRaftFrame(frame.subarray(start), { from, to: from });
    return decoding.ok ? { members, message: decoding.frame.message } : null;
  }

  readBeats(payload: Uint8Array): readonly Beat[] {
    const decoding = decodeHeartbeatFrame(payload);
    return decoding.ok ? decoding.beats : [];
  }
}

/** The same, to somebody else. Appends are what is sent to several; they are written out, since a spread is dear. */
export function readdressed(message: Message, to: MemberId): Message {
  if (message.type !== 'append') return { ...message, to };
  const { type, from, term, prevIndex, prevTerm, commit, entries } = message;
  return { from, to, term, type, prevIndex, prevTerm, commit, entries };
}

export function messageOfBeat(beat: Beat, from: MemberId, to: MemberId): Message {
  const { probe } = beat;
  const term = beat.term as Message['term'];
  if (beat.type === 'heartbeatResponse')
    return { type: 'heartbeatResponse', from, to, term, probe };
  const commit = beat.commit as Extract<Message, { type: 'heartbeat' }>['commit'];
  return { type: 'heartbeat', from, to, term, commit, probe };
}
