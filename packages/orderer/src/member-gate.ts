/**
 * Who may be heard as a member: only the data directory that first spoke under that member's id.
 *
 * Every directory has an incarnation, drawn when it was made. A member's incarnation is recorded on this disk before the
 * first thing it says is heard; another one under the same id is a directory that was wiped or replaced, has forgotten
 * what the member once acknowledged, and is not heard: counting it could lose committed blocks.
 */
import type { MemberId, Message } from '@cairn/raft';

export type GateVerdict = 'pass' | 'held' | 'refused';

/** Messages of one member kept while its incarnation is being written. */
const HELD_MAX = 64;

interface Recording {
  readonly incarnation: bigint;
  readonly held: Message[];
}

export class MemberGate {
  /** What the disk says of a member; null: nothing was recorded. */
  readonly #recordOf: (member: MemberId) => bigint | null;
  readonly #known = new Map<MemberId, bigint>();
  readonly #recordings = new Map<MemberId, Recording>();
  readonly #record: (member: MemberId, incarnation: bigint) => void;

  /** `record` writes the incarnation; `recorded` is to be called when it is on disk. */
  constructor(
    recordOf: (member: MemberId) => bigint | null,
    record: (member: MemberId, incarnation: bigint) => void,
  ) {
    this.#recordOf = recordOf;
    this.#record = record;
  }

  judge(message: Message, incarnation: bigint): GateVerdict {
    const known = this.#remembered(message.from);
    if (known !== undefined) return known === incarnation ? 'pass' : 'refused';
    const recording = this.#recordings.get(message.from);
    if (recording === undefined) {
      this.#recordings.set(message.from, { incarnation, held: [message] });
      this.#record(message.from, incarnation);
      return 'held';
    }
    if (recording.incarnation !== incarnation) return 'refused';
    if (recording.held.length < HELD_MAX) recording.held.push(message);
    return 'held';
  }

  /** Whoever it is, and whatever the applied configuration says of it: a record once made is held against it. */
  #remembered(member: MemberId): bigint | undefined {
    const known = this.#known.get(member);
    if (known !== undefined || this.#recordings.has(member)) return known;
    const recorded = this.#recordOf(member) ?? undefined;
    if (recorded !== undefined) this.#known.set(member, recorded);
    return recorded;
  }

  knownOf(member: MemberId): bigint | undefined {
    return this.#known.get(member) ?? this.#recordings.get(member)?.incarnation;
  }

  /** The record is on disk: returns what the member said meanwhile, in order. */
  recorded(member: MemberId): readonly Message[] {
    const recording = this.#recordings.get(member);
    if (recording === undefined) return [];
    this.#recordings.delete(member);
    this.#known.set(member, recording.incarnation);
    return recording.held;
  }
}
