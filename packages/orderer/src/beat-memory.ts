/**
 * Frames of heartbeats as they came last, with what was found out about each heartbeat.
 *
 * While nothing happens in a thousand channels the same bytes come again and again, and reading them and finding each
 * channel would cost more than all that the heartbeats do. Invariant: what is remembered is used for the same channel,
 * sender and incarnation only; whether it still holds is for the caller to see.
 */
import { Buffer } from 'node:buffer';
import { equalBytes, readU32 } from '@cairn/ledger';
import type { MemberId } from '@cairn/raft';
import { type Beat, decodeHeartbeatFrame, type FrameFault } from '@cairn/transport';
import type { Channel } from './channel.ts';

export interface HeardBeat {
  readonly beat: Beat;
  /** What answers it, if it is a heartbeat. */
  readonly answer: Beat;
  /** Whom it came from in which channel, for as long as `members` are that channel's; null: that is not known yet. */
  sender: {
    readonly channel: Channel;
    readonly from: MemberId;
    readonly members: object;
  } | null;
}

export interface HeardFrame {
  readonly payload: Uint8Array;
  readonly incarnation: bigint;
  readonly beats: readonly HeardBeat[];
}

/** More than an orderer has members to hear; whoever may publish under many names cannot fill the memory. */
const SENDERS_MAX = 64;
/** Kept of one sender: some frames a phase, and a phase has a hundred channels of a thousand. */
const FRAMES_MAX = 128;
const BYTES_MAX = 1024 * 1024;
const FIRST_CHANNEL_AT = 12;

interface Kept {
  readonly frames: Map<number, HeardFrame>;
  bytes: number;
}

export class BeatMemory {
  readonly #bySender = new Map<string, Kept>();

  read(sender: string, payload: Uint8Array): HeardFrame | FrameFault {
    let kept = this.#bySender.get(sender);
    if (kept === undefined) {
      if (this.#bySender.size >= SENDERS_MAX) this.#bySender.clear();
      kept = { frames: new Map(), bytes: 0 };
      this.#bySender.set(sender, kept);
    }
    const key = keyOf(payload);
    const known = kept.frames.get(key);
    if (known !== undefined && isSame(known.payload, payload)) return known;
    return decode(kept, key, payload, known ?? null);
  }
}

function decode(
  kept: Kept,
  key: number,
  payload: Uint8Array,
  known: HeardFrame | null,
): HeardFrame | FrameFault {
  // What is remembered outlives the message, of which it would be a view.
  const own = new Uint8Array(payload);
  const decoding = decodeHeartbeatFrame(own);
  if (!decoding.ok) return decoding.fault;
  const { incarnation } = decoding;
  const before = known?.incarnation === incarnation ? known.beats : [];
  const beats = decoding.beats.map((beat, at) => heardOf(beat, before[at]));
  const frame = { payload: own, incarnation, beats };
  if (kept.frames.size >= FRAMES_MAX || kept.bytes + own.length > BYTES_MAX) {
    kept.frames.clear();
    kept.bytes = 0;
  }
  kept.bytes += own.length - (kept.frames.get(key)?.payload.length ?? 0);
  kept.frames.set(key, frame);
  return frame;
}

/** Mostly one channel in a hundred has something new, and the sender in all the others is who it was. */
function heardOf(beat: Beat, before: HeardBeat | undefined): HeardBeat {
  const isOfSame = before !== undefined && equalBytes(before.beat.channelId, beat.channelId);
  return { beat, answer: answerTo(beat), sender: isOfSame ? before.sender : null };
}

const answerTo = ({ channelId, term, probe }: Beat): Beat => ({
  type: 'heartbeatResponse',
  channelId,
  term,
  probe,
});

/** What comes again has the same length and begins with the same channel. */
function keyOf(payload: Uint8Array): number {
  const start = payload.length < FIRST_CHANNEL_AT + 4 ? 0 : readU32(payload, FIRST_CHANNEL_AT);
  return start * 0x1_0000 + (payload.length & 0xffff);
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && Buffer.compare(one, other) === 0;
