/**
 * What the world tells those who judge it, write it down or count it.
 *
 * Everything here is seen at a port: messages as they leave a node's bus and as they reach another's, disk transactions as
 * they are handed over and as they become durable, the life of processes, what a channel says of itself after each event,
 * what clients asked and were told. Observers change nothing; whoever finds a rule broken calls `Verdict.fail`.
 *
 * Nodes are named as orderers (`orderer1`); members are Raft ids. Bytes are shared, not copied: never change them.
 */
import type { EntryKind, Index, MemberId, Message, Role, Term } from '@cairn/raft';

export type NodeName = string;

/** One Raft message on the way, decoded once. The same object is told when it is sent and each time it is delivered. */
export interface SentMessage {
  /** Counts up through the run. */
  readonly id: number;
  readonly sentAtMs: number;
  readonly from: NodeName;
  readonly to: NodeName;
  readonly channel: string;
  readonly message: Message;
  readonly bytes: number;
}

/** What a transaction says of one log entry; the block's bytes are canonical, null for a no-op. */
export interface WrittenEntry {
  readonly index: Index;
  readonly term: Term;
  readonly kind: EntryKind;
  readonly block: Uint8Array | null;
}

/** One channel's part of a disk transaction, decoded from its records. `last` < an older entry's index: it is cut. */
export interface ChannelRecordWrite {
  readonly channel: string;
  readonly hard: { readonly term: Term; readonly vote: MemberId; readonly commit: Index };
  readonly first: Index;
  readonly last: Index;
  readonly snapshot: { readonly index: Index; readonly term: Term };
  readonly newestNumber: number;
  readonly indexMark: number;
  /** Ascending; each replaces what stood at its index. */
  readonly entries: readonly WrittenEntry[];
}

export interface DiskTransaction {
  /** Counts up through the life of a process. */
  readonly seq: number;
  readonly channels: readonly ChannelRecordWrite[];
  readonly operations: number;
}

export type DiskDamage = 'bitFlip' | 'tornRecord' | 'rolledBack' | 'wiped';

export type LifeEvent =
  | { readonly kind: 'started'; readonly life: number }
  /** The process is gone at once; its undurable writes are told by `diskCrashed`. */
  | { readonly kind: 'crashed' }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }
  /** The process ended itself: a fail-stop on a disk error, or a refusal to start as a voter. */
  | { readonly kind: 'fatal'; readonly code: string; readonly message: string }
  /** One channel stopped on this node. */
  | {
      readonly kind: 'channelFailed';
      readonly channel: string;
      readonly code: string;
      readonly message: string;
    };

/** What a channel says of itself after an event of its node. */
export interface ChannelView {
  readonly memberId: MemberId;
  readonly role: Role;
  readonly term: Term;
  readonly leader: MemberId;
  readonly commit: Index;
  readonly applied: Index;
  readonly last: Index;
}

export interface Submission {
  readonly client: string;
  /** One attempt: a retry under the same id is a new one. */
  readonly attempt: number;
  readonly channel: string;
  readonly id: string;
  readonly payload: Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly duplicate: boolean;
  readonly place: {
    readonly block: number;
    readonly index: number;
    readonly blockHash: string;
  } | null;
}

export interface ServedBlock {
  readonly node: NodeName;
  readonly channel: string;
  readonly number: number;
  readonly hash: string;
}

/**
 * Delivered, and no message to this node as it stands: bytes that mean nothing, an append of which one block's signed head
 * is damaged (all else in it is sound), what was sent to another.
 */
export type Garbage = 'damaged' | 'damagedBlock' | 'misrouted';

export interface Observer {
  messageSent(sent: SentMessage): void;
  messageDelivered(sent: SentMessage): void;
  garbageDelivered(to: NodeName, what: string, kind: Garbage): void;
  diskIssued(node: NodeName, transaction: DiskTransaction): void;
  diskDurable(node: NodeName, transaction: DiskTransaction): void;
  /** After a crash: what had been issued and was durable although nobody was told, and what is lost. */
  diskCrashed(
    node: NodeName,
    survived: readonly DiskTransaction[],
    lost: readonly DiskTransaction[],
  ): void;
  /** The disk failed a transaction: nothing issued from here on becomes durable. */
  diskFailed(node: NodeName, kind: 'error' | 'full' | 'stalled'): void;
  /** Bytes changed or vanished behind the process's back. For `rolledBack` and `wiped`, read the disk anew. */
  diskDamaged(node: NodeName, damage: DiskDamage): void;
  life(node: NodeName, event: LifeEvent): void;
  /** `before` is null for the first view of a life. Told only if something changed. */
  channelChanged(
    node: NodeName,
    channel: string,
    now: ChannelView,
    before: ChannelView | null,
  ): void;
  /** A line of the orderer's log, in etcd's words. */
  logged(node: NodeName, channel: string, term: number, text: string): void;
  submitted(submission: Submission): void;
  answered(submission: Submission, answer: Answer): void;
  served(block: ServedBlock): void;
  /** The nemesis or the admin did something, in words. */
  acted(text: string): void;
}

/** Ends the run: the first call counts. `invariant` is 'I-4', 'promise 2', 'liveness', ... */
export interface Verdict {
  fail(invariant: string, sentence: string): void;
}

type Told = (...given: readonly unknown[]) => void;

/** Tells each event to every observer that cares for it, in the order they were given. */
export function observerOf(observers: readonly Partial<Observer>[]): Observer {
  const told = (name: keyof Observer): Told => {
    const calls = observers.flatMap((each) => each[name]?.bind(each) ?? []) as Told[];
    // No event has more than four parts; a spread would cost more than what it calls.
    return (first, second, third, fourth) => {
      for (let at = 0; at < calls.length; at++) calls[at]!(first, second, third, fourth);
    };
  };
  return {
    messageSent: told('messageSent'),
    messageDelivered: told('messageDelivered'),
    garbageDelivered: told('garbageDelivered'),
    diskIssued: told('diskIssued'),
    diskDurable: told('diskDurable'),
    diskCrashed: told('diskCrashed'),
    diskFailed: told('diskFailed'),
    diskDamaged: told('diskDamaged'),
    life: told('life'),
    channelChanged: told('channelChanged'),
    logged: told('logged'),
    submitted: told('submitted'),
    answered: told('answered'),
    served: told('served'),
    acted: told('acted'),
  };
}
