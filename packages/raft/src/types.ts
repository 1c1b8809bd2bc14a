/**
 * The vocabulary of the consensus room: what goes into the core, what comes out.
 *
 * Words are the paper's and etcd's. Every value here is treated as immutable once handed over;
 * indexes and terms are plain numbers, asserted to be safe integers where they enter (u64 in bytes).
 */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** A member of the group. Allocated from the channel's log, never reused; 0 means none. */
export type MemberId = Branded<number, 'MemberId'>;
export type Term = Branded<number, 'Term'>;
export type Index = Branded<number, 'Index'>;

export type EntryKind = 'noop' | 'data' | 'config';

export interface Entry {
  readonly index: Index;
  readonly term: Term;
  readonly kind: EntryKind;
  /** Opaque to the core; empty for `noop`. */
  readonly data: Uint8Array;
}

/** What must survive a crash beside the log (paper, figure 2: persistent state; commit is etcd's addition). */
export interface HardState {
  readonly term: Term;
  readonly vote: MemberId;
  readonly commit: Index;
}

/** A configuration in force: joint while `outgoing` is not empty. All lists sorted ascending. */
export interface ConfState {
  readonly voters: readonly MemberId[];
  readonly outgoing: readonly MemberId[];
  readonly learners: readonly MemberId[];
  readonly learnersNext: readonly MemberId[];
  readonly autoLeave: boolean;
}

export type ConfChangeOperation =
  | { readonly kind: 'addVoter'; readonly id: MemberId }
  | { readonly kind: 'addLearner'; readonly id: MemberId }
  | { readonly kind: 'remove'; readonly id: MemberId }
  | { readonly kind: 'update'; readonly id: MemberId };

/** `auto`: joint only if needed, left automatically; `implicit`: joint, left automatically; `explicit`: joint. */
export interface ConfChange {
  readonly transition: 'auto' | 'implicit' | 'explicit';
  /** Empty together with a joint configuration in force means: leave it. */
  readonly operations: readonly ConfChangeOperation[];
}

interface Addressed {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly term: Term;
}

export type Message =
  | (Addressed & {
      readonly type: 'vote';
      readonly lastIndex: Index;
      readonly lastTerm: Term;
      /** A pre-vote: asks without raising anybody's term (thesis 9.6). */
      readonly pre: boolean;
      /** Set by a leader transfer: passes the lease check (thesis 3.10). */
      readonly force: boolean;
    })
  | (Addressed & {
      readonly type: 'voteResponse';
      readonly granted: boolean;
      readonly pre: boolean;
    })
  | (Addressed & {
      readonly type: 'append';
      readonly prevIndex: Index;
      readonly prevTerm: Term;
      readonly commit: Index;
      readonly entries: readonly Entry[];
    })
  | (Addressed & { readonly type: 'appendResponse'; readonly reject: false; readonly index: Index })
  | (Addressed & {
      readonly type: 'appendResponse';
      readonly reject: true;
      readonly index: Index;
      readonly hintIndex: Index;
      readonly hintTerm: Term;
    })
  | (Addressed & { readonly type: 'heartbeat'; readonly commit: Index; readonly probe: number })
  | (Addressed & { readonly type: 'heartbeatResponse'; readonly probe: number })
  | (Addressed & { readonly type: 'snapshot'; readonly snapshot: SnapshotMeta })
  | (Addressed & { readonly type: 'timeoutNow'; readonly lastIndex: Index });

/**
 * Metadata only: the blocks are the log, bulk travels outside Raft. A host steps the message that
 * carries it once it has what it stands for.
 */
export interface SnapshotMeta {
  readonly index: Index;
  readonly term: Term;
  /** The configuration as of `index`, not the current one. */
  readonly conf: ConfState;
  /** The application's part, opaque: block number and hash in Cairn. */
  readonly data: Uint8Array;
}

/** One atomic durable unit. Issued with seq 1, 2, 3, ... and to be applied strictly in that order. */
export interface Write {
  readonly seq: number;
  readonly hard: HardState | null;
  /** Entries at and above this index are deleted first; 0 = none. */
  readonly truncateFrom: Index;
  /** Contiguous; begins at `truncateFrom` when that is not 0. */
  readonly entries: readonly Entry[];
  /**
   * Replaces the whole log before `entries` are added; in force from its index on. Entries handed out
   * in an earlier `commit` and not yet applied are void: the snapshot stands for them.
   */
  readonly snapshot: SnapshotMeta | null;
}

export interface Effects {
  /** May leave now. */
  readonly send: readonly Message[];
  readonly write: Write | null;
  /** May leave once `write` (or, if null, the last issued write) is on disk. */
  readonly afterWrite: readonly Message[];
  /** Committed and locally on disk: apply in order, then call `applied`. */
  readonly commit: readonly Entry[];
  readonly events: readonly RaftEvent[];
}

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader';

/** The log and vote of the member that judged a candidate, at that moment. */
export interface OwnLog {
  readonly lastTerm: Term;
  readonly lastIndex: Index;
  readonly vote: MemberId;
}

/** What happened, for logs, metrics and the host's own decisions. Rendered in etcd's words by `trace.ts`. */
export type RaftEvent =
  | { readonly type: 'role'; readonly role: Role; readonly term: Term }
  | { readonly type: 'leader'; readonly from: MemberId; readonly to: MemberId; readonly term: Term }
  | { readonly type: 'electionStarted'; readonly term: Term; readonly transfer: boolean }
  | {
      readonly type: 'votesCounted';
      readonly pre: boolean;
      readonly quorum: number;
      readonly granted: number;
      readonly rejected: number;
    }
  | {
      readonly type: 'votesRequested';
      readonly to: MemberId;
      readonly pre: boolean;
      readonly lastTerm: Term;
      readonly lastIndex: Index;
      readonly term: Term;
    }
  | {
      readonly type: 'voteReceived';
      readonly from: MemberId;
      readonly pre: boolean;
      readonly granted: boolean;
      readonly term: Term;
    }
  | {
      readonly type: 'voteCast';
      readonly to: MemberId;
      readonly pre: boolean;
      readonly lastTerm: Term;
      readonly lastIndex: Index;
      readonly term: Term;
      readonly own: OwnLog;
    }
  | {
      readonly type: 'voteRejected';
      readonly to: MemberId;
      readonly pre: boolean;
      readonly lastTerm: Term;
      readonly lastIndex: Index;
      readonly term: Term;
      readonly own: OwnLog;
    }
  | {
      readonly type: 'voteIgnored';
      readonly from: MemberId;
      readonly pre: boolean;
      readonly lastTerm: Term;
      readonly lastIndex: Index;
      readonly remainingTicks: number;
      readonly term: Term;
      readonly own: OwnLog;
    }
  | {
      readonly type: 'steppedDown';
      readonly reason: 'quorumInactive' | 'removed' | 'higherTerm';
      readonly term: Term;
    }
  | { readonly type: 'confApplied'; readonly index: Index; readonly conf: ConfState }
  | {
      readonly type: 'transfer';
      readonly state: 'started' | 'done' | 'aborted';
      readonly to: MemberId;
    }
  | { readonly type: 'truncated'; readonly from: Index }
  | {
      readonly type: 'trace';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly text: string;
    };

export type ProposeResult =
  | { readonly ok: true; readonly term: Term; readonly index: Index }
  | {
      readonly ok: false;
      readonly reason:
        | 'notLeader'
        | 'transferring'
        | 'uncommittedLimit'
        | 'configPending'
        | 'invalid';
      readonly leader: MemberId;
    };

/** What the leader knows of one other member. Invariant: 0 <= match < next. */
export interface ProgressStatus {
  readonly id: MemberId;
  readonly state: 'probe' | 'replicate' | 'snapshot';
  readonly match: Index;
  readonly next: Index;
  readonly learner: boolean;
  readonly active: boolean;
  readonly inflight: number;
  readonly inflightFull: boolean;
  /** Nothing is sent until the member is heard again (or, in snapshot state, has caught up). */
  readonly paused: boolean;
  /** The snapshot on its way; 0 = none. */
  readonly pendingSnapshot: Index;
}

export interface RaftStatus {
  readonly id: MemberId;
  readonly role: Role;
  readonly leader: MemberId;
  readonly term: Term;
  readonly vote: MemberId;
  readonly commit: Index;
  readonly applied: Index;
  readonly first: Index;
  readonly last: Index;
  readonly conf: ConfState;
  readonly transferee: MemberId;
  /** Only on the leader, itself included; sorted by id. */
  readonly progress: readonly ProgressStatus[];
}

/** What changes from event to event. */
export type RaftStanding = Pick<
  RaftStatus,
  'role' | 'term' | 'leader' | 'commit' | 'applied' | 'last'
>;

export interface RaftOptions {
  readonly id: MemberId;
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  readonly stepDownOnRemoval: boolean;
  readonly validateConfChange: boolean;
  /** Bytes of entries in one append; at least one entry is always sent. */
  readonly appendBytesMax: number;
  readonly inflightAppendsMax: number;
  readonly inflightBytesMax: number;
  readonly uncommittedBytesMax: number;
  /** Bytes of committed entries handed out and not yet applied. */
  readonly applyBytesMax: number;
}

/** The log's stable part, read synchronously. The orderer gives LMDB, tests give an array. */
export interface EntryReader {
  /** Entries in [low, high), at least one, then as many as fit `bytesMax`. */
  entries(low: Index, high: Index, bytesMax: number): readonly Entry[];
}

/** Runs of equal terms cover the whole log in a few numbers: `first` is the first index with `term`. */
export interface TermRun {
  readonly first: Index;
  readonly term: Term;
}

/** What a restart finds on disk. `first - 1` is the snapshot's index, whose term opens `terms`. */
export interface RaftInit {
  readonly hard: HardState;
  /** The configuration as of `applied`. */
  readonly conf: ConfState;
  readonly terms: readonly TermRun[];
  readonly first: Index;
  readonly last: Index;
  readonly applied: Index;
}

/** Everything with chance comes from here: an integer in [0, below). */
export interface RaftRandom {
  below(limit: number): number;
}

export interface RaftDependencies {
  readonly reader: EntryReader;
  readonly random: RaftRandom;
  /** The change that a config entry stands for, given the configuration in force before it. Total, pure. */
  readonly confChangeOf: (entry: Entry, current: ConfState) => ConfChange;
  /** What a leader proposes to leave a joint configuration automatically; null: the host proposes it itself. */
  readonly autoLeaveEntry: (() => Uint8Array) | null;
  /** The newest snapshot the host can offer, when entries a follower needs are gone. */
  readonly snapshot: () => SnapshotMeta | null;
}
