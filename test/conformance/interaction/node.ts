/**
 * One node of the harness: a real core whose effects are gathered into etcd's `Ready`.
 *
 * Where the core means to differ, this adapter restores etcd's order and nothing else: vote requests
 * are listed with what leaves before the write; entries that are committed and about to be written
 * are shown as committed in the same Ready; a configuration proposal that etcd would replace by an
 * empty entry is replaced here, and a joint configuration is left automatically only after a whole
 * Ready is acknowledged. The core's own validation and automatic leaving are off for that reason.
 */

import {
  type ConfChange,
  type Effects,
  type Entry,
  type HardState,
  isJoint,
  type Message,
  NO_INDEX,
  NO_MEMBER,
  RaftCore,
  type RaftEvent,
  type RaftOptions,
  type Role,
  type SnapshotMeta,
  toIndex,
  toTerm,
} from '@cairn/raft';
import { decodeChange, encodeChange } from './changes.ts';
import { Storage } from './storage.ts';

export interface Ready {
  readonly mustSync: boolean;
  readonly soft: { readonly leader: number; readonly role: Role } | null;
  readonly hard: HardState | null;
  readonly entries: readonly Entry[];
  readonly snapshot: SnapshotMeta | null;
  readonly committed: readonly Entry[];
  readonly messages: readonly Message[];
}

export interface NodeSettings {
  readonly options: RaftOptions;
  readonly refuseUnfitChanges: boolean;
  readonly bootstrap: SnapshotMeta;
}

interface Gathered {
  before: Message[];
  after: Message[];
  entries: Entry[];
  snapshot: SnapshotMeta | null;
  committed: Entry[];
  seq: number;
}

const nothingGathered = (): Gathered => ({
  before: [],
  after: [],
  entries: [],
  snapshot: null,
  committed: [],
  seq: 0,
});

export class HarnessNode {
  readonly core: RaftCore;
  readonly storage: Storage;
  /** What the next draw of an election time-out gives; null: the longest. */
  electionTimeout: number | null = null;
  readonly #settings: NodeSettings;
  readonly #onEvent: (event: RaftEvent) => void;
  #gathered = nothingGathered();
  #soft: { readonly leader: number; readonly role: Role } = { leader: 0, role: 'follower' };
  #hard: HardState;
  #applied: number;
  #pendingChange = 0;

  constructor(settings: NodeSettings, onEvent: (event: RaftEvent) => void) {
    const { bootstrap, options } = settings;
    this.#settings = settings;
    this.#onEvent = onEvent;
    this.storage = new Storage(bootstrap);
    this.#applied = bootstrap.index;
    this.#hard = { term: toTerm(0), vote: NO_MEMBER, commit: bootstrap.index };
    const init = {
      hard: this.#hard,
      conf: bootstrap.conf,
      terms: [{ first: bootstrap.index, term: bootstrap.term }],
      first: toIndex(bootstrap.index + 1),
      last: bootstrap.index,
      applied: bootstrap.index,
    };
    this.core = new RaftCore(options, init, {
      reader: { entries: (low, high, bytesMax) => this.storage.read(low, high, bytesMax) },
      random: { below: (limit) => this.#draw(limit) },
      confChangeOf: decodeChange,
      autoLeaveEntry: null,
      snapshot: () => this.storage.newestSnapshot,
    });
    this.#absorb(this.core.take());
  }

  #draw(limit: number): number {
    if (this.electionTimeout === null) return limit - 1;
    return this.electionTimeout - this.#settings.options.electionTicks;
  }

  /** Lets the core act and gathers what comes of it. */
  act<T>(action: (core: RaftCore) => T): T {
    const result = action(this.core);
    while (this.core.hasEffects()) this.#absorb(this.core.take());
    return result;
  }

  #absorb(effects: Effects): void {
    const gathered = this.#gathered;
    for (const message of [...effects.send, ...effects.afterWrite]) {
      const isAnswer = message.type === 'voteResponse' || message.type === 'appendResponse';
      (isAnswer ? gathered.after : gathered.before).push(message);
    }
    gathered.committed.push(...effects.commit);
    if (effects.write !== null) this.#gather(effects.write);
    for (const event of effects.events) {
      this.#observe(event);
      this.#onEvent(event);
    }
  }

  /** A role change draws a new time-out; a new leader takes its whole log for possible changes. */
  #observe(event: RaftEvent): void {
    if (event.type !== 'role') return;
    if (event.role !== 'preCandidate') this.electionTimeout = null;
    if (event.role === 'leader') this.#pendingChange = this.core.lastIndex - 1;
  }

  #gather(write: NonNullable<Effects['write']>): void {
    const gathered = this.#gathered;
    gathered.seq = write.seq;
    if (write.snapshot !== null) {
      gathered.snapshot = write.snapshot;
      gathered.entries = [];
    }
    const from = write.entries[0]?.index ?? NO_INDEX;
    if (from !== 0) gathered.entries = gathered.entries.filter((entry) => entry.index < from);
    gathered.entries.push(...write.entries);
    const config = write.entries.findLast((entry) => entry.kind === 'config');
    if (config !== undefined && this.core.isLeader) this.#pendingChange = config.index;
  }

  get hasReady(): boolean {
    const { before, after, entries, snapshot, committed } = this.#gathered;
    const work = [before, after, entries, committed].some((list) => list.length > 0);
    return work || snapshot !== null || this.#softChange() !== null || this.#hardChange() !== null;
  }

  #softChange(): Ready['soft'] {
    const { leader, role } = this.core;
    return leader === this.#soft.leader && role === this.#soft.role ? null : { leader, role };
  }

  #hardChange(): HardState | null {
    const { term, vote, commit } = this.core.status;
    const same =
      term === this.#hard.term && vote === this.#hard.vote && commit === this.#hard.commit;
    return same ? null : { term, vote, commit };
  }

  /** Takes one Ready; `handle` prints it. Then stores, applies and acknowledges it. */
  processReady(handle: (ready: Ready) => void): readonly Message[] {
    const gathered = this.#gathered;
    const ready = this.#ready(gathered);
    this.#gathered = nothingGathered();
    this.#soft = ready.soft ?? this.#soft;
    this.#hard = ready.hard ?? this.#hard;
    handle(ready);
    if (gathered.snapshot !== null) this.#restore(gathered.snapshot);
    this.storage.append(gathered.entries);
    this.#apply(gathered.committed);
    this.act((core) => core.persisted(gathered.seq));
    this.#apply(
      this.#gathered.committed.splice(0, ready.committed.length - gathered.committed.length),
    );
    if (ready.committed.length > 0) this.#leaveJointIfDue();
    return ready.messages;
  }

  #leaveJointIfDue(): void {
    const { conf } = this.core.status;
    if (!this.core.isLeader || !conf.autoLeave || this.#pendingChange > this.#applied) return;
    this.act((core) => core.proposeConfig(new Uint8Array(0)));
  }

  #ready(gathered: Gathered): Ready {
    const hard = this.#hardChange();
    const ballot =
      hard !== null && (hard.term !== this.#hard.term || hard.vote !== this.#hard.vote);
    return {
      mustSync: gathered.entries.length > 0 || ballot,
      soft: this.#softChange(),
      hard,
      entries: gathered.entries,
      snapshot: gathered.snapshot,
      committed: [...gathered.committed, ...this.#aboutToCommit(gathered)],
      messages: [...gathered.before, ...gathered.after],
    };
  }

  /** Entries of this very Ready that are committed: the core hands them out once they are written. */
  #aboutToCommit(gathered: Gathered): Entry[] {
    const handed = gathered.committed.at(-1)?.index ?? gathered.snapshot?.index ?? this.#applied;
    const first = gathered.entries[0];
    if (first === undefined || first.index > handed + 1) return [];
    return gathered.entries.filter((e) => e.index > handed && e.index <= this.core.commit);
  }

  #restore(snapshot: SnapshotMeta): void {
    this.storage.restore(snapshot);
    this.#applied = snapshot.index;
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#applied = entry.index;
      this.act((core) => core.applied(entry.index));
      this.storage.record(entry, this.core.status.conf);
    }
  }

  /** False if the proposal was dropped. */
  propose(data: Uint8Array): boolean {
    return this.act((core) => core.propose(data)).ok;
  }

  proposeChange(change: ConfChange, v1: boolean): boolean {
    if (this.#settings.refuseUnfitChanges && this.unfit(change) !== null) {
      return this.propose(new Uint8Array(0));
    }
    return this.act((core) => core.proposeConfig(encodeChange(change, v1))).ok;
  }

  /** Why etcd would put an empty entry in place of `change`, or null. */
  unfit(change: ConfChange): string | null {
    const joint = isJoint(this.core.status.conf);
    const leaves = change.operations.length === 0;
    if (this.#pendingChange > this.#applied) {
      const { applied } = this.core.status;
      return `possible unapplied conf change at index ${this.#pendingChange} (applied to ${applied})`;
    }
    if (joint && !leaves) return 'must transition out of joint config first';
    if (!joint && leaves) return 'not in joint state; refusing empty conf change';
    return null;
  }
}
