/**
 * Turns: what the channels have to carry out, and one disk transaction for all of them.
 *
 * A turn runs once everything that has arrived was handled. Its writes wait while a commit is under way and then go out
 * together: group commit over all channels. Invariant: writes reach the disk in the order they were issued, and a
 * channel hears `persisted` only for what is on disk.
 */
import type { HardState } from '@cairn/raft';
import type { ChannelWrite } from '@cairn/store';
import type { Channel } from './channel.ts';
import { mergeWrites } from './merge-writes.ts';
import type { Clock } from './ports.ts';
import type { StoreObserver } from './telemetry.ts';

interface IssuedWrite {
  readonly channel: Channel;
  readonly seq: number;
  readonly write: ChannelWrite;
}

export interface TurnDependencies {
  readonly clock: Clock;
  readonly observer: StoreObserver;
  /** One transaction; `done` once it and all before it are on disk. */
  commit(writes: readonly ChannelWrite[], done: () => void): void;
  /** Everything a turn has to send has been handed over. */
  endTurn(): void;
  /** A channel broke one of its invariants, or met damaged data. */
  fail(channel: Channel, error: unknown): void;
}

export class Turns {
  readonly #dependencies: TurnDependencies;
  /** Each with its `isDue` set until its part of a turn begins. */
  #dirty: Channel[] = [];
  #issued: IssuedWrite[] = [];
  #scheduled = false;
  #running = false;
  #committing = false;
  #afterCommit: (() => void)[] = [];

  constructor(dependencies: TurnDependencies) {
    this.#dependencies = dependencies;
  }

  markDirty(channel: Channel): void {
    if (!channel.isDue) this.#dirty.push(channel);
    channel.isDue = true;
    this.endSoon();
  }

  /** A turn comes to its end soon, if only to send what there is to send. */
  endSoon(): void {
    if (this.#scheduled || this.#running) return;
    this.#scheduled = true;
    this.#dependencies.clock.soon(this.#runScheduled);
  }

  /** One function for all turns. */
  readonly #runScheduled = (): void => {
    this.#scheduled = false;
    this.#run();
  };

  issue(channel: Channel, seq: number, write: ChannelWrite): void {
    this.#issued.push({ channel, seq, write });
  }

  /** Calls `done` once nothing is being written any more. */
  whenIdle(done: () => void): void {
    if (this.#committing || this.#issued.length > 0) this.#afterCommit.push(done);
    else done();
  }

  /** Runs `work` for a channel; whatever it throws stops that channel alone. False if it did. */
  guard(channel: Channel, work: (channel: Channel) => void): boolean {
    try {
      work(channel);
      return true;
    } catch (error) {
      this.#dependencies.fail(channel, error);
      return false;
    }
  }

  #run(): void {
    this.#running = true;
    // Whoever is marked meanwhile takes part in the same turn.
    for (let at = 0; at < this.#dirty.length; at++) {
      const channel = this.#dirty[at]!;
      channel.isDue = false;
      this.guard(channel, runTurn);
    }
    if (this.#dirty.length > 0) this.#dirty = [];
    this.#running = false;
    this.#dependencies.endTurn();
    this.#commitIssued();
  }

  #commitIssued(): void {
    if (this.#committing || this.#issued.length === 0) return;
    const issued = this.#issued;
    this.#issued = [];
    this.#committing = true;
    const startedAtMs = this.#dependencies.clock.monotonicMs();
    this.#dependencies.commit(mergedByChannel(issued), () => {
      const elapsedMs = this.#dependencies.clock.monotonicMs() - startedAtMs;
      this.#dependencies.observer.persisted(elapsedMs / 1000);
      this.#committing = false;
      this.#report(issued);
      this.#run();
      if (!this.#committing) for (const done of this.#afterCommit.splice(0)) done();
    });
  }

  #report(issued: readonly IssuedWrite[]): void {
    this.#running = true;
    for (const { channel, write } of issued) {
      if (write.index !== null) this.guard(channel, indexed);
    }
    for (const { channel, seq, hard } of newestOf(issued)) {
      this.guard(channel, () => channel.persisted(seq, hard));
    }
    this.#running = false;
  }
}

// Made once: a function of its own for each turn costs as much as the calls in it.
const runTurn = (channel: Channel): void => channel.runTurn();
const indexed = (channel: Channel): void => channel.indexed();

interface Persisted {
  readonly channel: Channel;
  readonly seq: number;
  readonly hard: HardState | null;
}

/** What each channel's last write is, and the last hard state that one of them carried. */
function newestOf(issued: readonly IssuedWrite[]): readonly Persisted[] {
  const [first] = issued;
  // Mostly one write of one channel.
  if (issued.length === 1)
    return [{ channel: first!.channel, seq: first!.seq, hard: first!.write.hard }];
  const newest = new Map<Channel, Persisted>();
  for (const { channel, seq, write } of issued) {
    const hard = write.hard ?? newest.get(channel)?.hard ?? null;
    newest.set(channel, { channel, seq, hard });
  }
  return [...newest.values()];
}

/** The store takes each channel once a turn. */
function mergedByChannel(issued: readonly IssuedWrite[]): ChannelWrite[] {
  // Mostly one write of one channel.
  if (issued.length === 1) return [issued[0]!.write];
  const merged = new Map<Channel, ChannelWrite>();
  for (const { channel, write } of issued) {
    const earlier = merged.get(channel);
    merged.set(channel, earlier === undefined ? write : mergeWrites(earlier, write));
  }
  return [...merged.values()];
}
