/**
 * A disk as LMDB keeps its promises, and as it breaks them.
 *
 * Promises: a transaction is whole or not there; transactions become durable in the order they were given; `done` comes
 * once it and all before it are durable; what is not durable is not read. A crash keeps a prefix of what was pending.
 * Faults: latency, stalls, a write error, no room (both end the process, as the production disk does), a lie (what was
 * said to be durable is lost at the next crash), and damage to what is stored: a flipped bit, a torn record, an older copy,
 * an empty directory.
 */
import type { Disk, DiskOperation, DiskRange, DiskRecord } from '@cairn/store';
import { StoreError } from '@cairn/store';
import { DiskContent } from './disk-content.ts';
import type { DiskTransaction, NodeName, Observer } from './oracle/observer.ts';
import type { Chance } from './random.ts';
import { RecordReader } from './record-reader.ts';
import type { World } from './world.ts';

interface Pending {
  readonly operations: readonly DiskOperation[];
  readonly transaction: DiskTransaction;
  readonly done: () => void;
  readonly issuedAtMs: number;
}

/** A process waits so long for a write and ends itself then, as the production disk's watchdog has it. */
const STALL_MS = 30_000;
/** How often a stalled disk is looked at again. */
const RECHECK_MS = 500;

/** Where inside a storage turn a process may die. */
export type DiskMoment = 'beforeWrite' | 'afterWrite' | 'beforeSync' | 'afterSync';

export interface DiskBehaviour {
  /** Mean time until a transaction is durable. */
  meanMs: number;
  /** Until this time nothing becomes durable. */
  stalledUntilMs: number;
  /** The next transaction fails, and the process with it. */
  failure: 'error' | 'full' | null;
}

/** One machine's disk: outlives its processes. */
export class SimulatedDisk {
  readonly behaviour: DiskBehaviour = { meanMs: 1, stalledUntilMs: 0, failure: null };
  content = new DiskContent();
  readonly #world: World;
  readonly #chance: Chance;
  readonly #node: NodeName;
  readonly #observer: Observer;
  #reader = new RecordReader();
  #pending: Pending[] = [];
  #syncing = false;
  #life = 0;
  #seq = 0;
  #backup: DiskContent | null = null;
  /** What really is on the disk while it lies. */
  #truth: DiskContent | null = null;

  constructor(world: World, chance: Chance, node: NodeName, observer: Observer) {
    this.#world = world;
    this.#chance = chance;
    this.#node = node;
    this.#observer = observer;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /**
   * A process opens the disk. `enter` runs what the disk calls back as an event of that process; `moment` is told where in
   * a storage turn it stands; `fatal` ends it.
   */
  open(process: {
    enter(run: () => void): void;
    moment(moment: DiskMoment): boolean;
    fatal(error: Error): void;
  }): Disk {
    const life = ++this.#life;
    const isMine = () => life === this.#life;
    return {
      get: (key) => this.content.get(key),
      range: (range: DiskRange): DiskRecord[] => this.content.range(range),
      commit: (operations, done) => {
        if (!isMine() || !process.moment('beforeWrite')) return;
        this.#issue(operations, done, process, isMine);
        process.moment('afterWrite');
      },
      diskBytes: () => 0,
      close: () => Promise.resolve(),
    };
  }

  #issue(
    operations: readonly DiskOperation[],
    done: () => void,
    process: Parameters<SimulatedDisk['open']>[0],
    isMine: () => boolean,
  ): void {
    this.#seq += 1;
    const transaction = this.#reader.read(this.#seq, operations);
    this.#observer.diskIssued(this.#node, transaction);
    this.#pending.push({ operations, transaction, done, issuedAtMs: this.#world.nowMs });
    if (!this.#syncing) this.#syncLater(process, isMine);
  }

  #syncLater(process: Parameters<SimulatedDisk['open']>[0], isMine: () => boolean): void {
    const { meanMs, stalledUntilMs } = this.behaviour;
    this.#syncing = true;
    const stallMs = Math.max(0, stalledUntilMs - this.#world.nowMs);
    const delayMs = stallMs > 0 ? Math.min(stallMs, RECHECK_MS) : this.#chance.around(meanMs);
    this.#world.in(delayMs, () => {
      if (!isMine()) return;
      if (stallMs === 0) this.#syncOldest(process, isMine);
      else if (!this.#isGivenUp(process)) this.#syncLater(process, isMine);
    });
  }

  #isGivenUp(process: Parameters<SimulatedDisk['open']>[0]): boolean {
    if (this.#world.nowMs - this.#pending[0]!.issuedAtMs < STALL_MS) return false;
    this.#observer.diskFailed(this.#node, 'stalled');
    process.fatal(new StoreError('WRITE_STALLED', 'The simulated disk stands still.'));
    return true;
  }

  #syncOldest(process: Parameters<SimulatedDisk['open']>[0], isMine: () => boolean): void {
    const { failure } = this.behaviour;
    if (failure !== null) {
      this.behaviour.failure = null;
      this.#observer.diskFailed(this.#node, failure);
      process.fatal(
        new StoreError('WRITE_FAILED', `The simulated disk refused a write (${failure}).`),
      );
      return;
    }
    if (!process.moment('beforeSync')) return;
    const oldest = this.#pending.shift()!;
    this.#syncing = this.#pending.length > 0;
    this.#makeDurable(oldest);
    if (!process.moment('afterSync')) return;
    if (this.#syncing) this.#syncLater(process, isMine);
    process.enter(oldest.done);
  }

  #makeDurable({ operations, transaction }: Pending): void {
    this.content.apply(operations);
    this.#observer.diskDurable(this.#node, transaction);
  }

  /** The process is gone: a prefix of what was pending is there when the next one opens the disk. */
  crash(): void {
    this.#life += 1;
    const kept = this.#chance.below(this.#pending.length + 1);
    const survived = this.#pending.slice(0, kept);
    const lost = this.#pending.slice(kept);
    this.#pending = [];
    this.#syncing = false;
    for (const { operations } of survived) this.content.apply(operations);
    const isFoundOut = this.#truth !== null;
    if (this.#truth !== null) this.#become(this.#truth);
    this.#truth = null;
    const transactionsOf = (those: readonly Pending[]) => those.map((each) => each.transaction);
    this.#observer.diskCrashed(this.#node, transactionsOf(survived), transactionsOf(lost));
    if (isFoundOut) this.#observer.diskDamaged(this.#node, 'rolledBack');
  }

  /** From now on what it calls durable lies in its cache. */
  lie(): void {
    this.#truth ??= this.content.copy();
  }

  /** What lies in its cache is written. False: it was lost before, or there was no lie. */
  stopLying(): boolean {
    const wasLying = this.#truth !== null;
    this.#truth = null;
    return wasLying;
  }

  /** A copy to go back to. Only while no process has it open. */
  backUp(): void {
    this.#backup = this.content.copy();
  }

  get hasBackup(): boolean {
    return this.#backup !== null;
  }

  rollBack(): void {
    if (this.#backup === null) return;
    this.#become(this.#backup.copy());
    this.#observer.diskDamaged(this.#node, 'rolledBack');
  }

  /** Other content is read with what it says of itself: a wiped disk in between has forgotten all names. */
  #become(content: DiskContent): void {
    this.content = content;
    this.#reader = new RecordReader();
    this.#reader.learn(content.puts());
  }

  wipe(): void {
    this.#become(new DiskContent());
    this.#observer.diskDamaged(this.#node, 'wiped');
  }

  /** Changes one stored value behind the store's back; which one is drawn. */
  damage(kind: 'bitFlip' | 'tornRecord'): void {
    const keys = this.content.keys();
    if (keys.length === 0) return;
    const key = this.#chance.pick(keys);
    const value = this.content.get(Uint8Array.from(Buffer.from(key, 'latin1')))!;
    this.content.set(key, kind === 'bitFlip' ? this.#flipped(value) : this.#torn(value));
    this.#observer.diskDamaged(this.#node, kind);
  }

  #flipped(value: Uint8Array): Uint8Array {
    const flipped = new Uint8Array(value);
    const at = this.#chance.below(flipped.length);
    flipped[at] = flipped[at]! ^ (1 << this.#chance.below(8));
    return flipped;
  }

  #torn(value: Uint8Array): Uint8Array {
    return new Uint8Array(value.subarray(0, this.#chance.below(value.length)));
  }
}
