/**
 * One run: a cluster under its clients, first while everything fails, then whole again; and a verdict.
 *
 * Safety phase: the plan is carried out while clients submit and readers read. Liveness phase: whatever has not lost its
 * word is whole and connected, and must commit a fresh submission within ten election time-outs, answer everybody and come
 * to one height. A run in which too little happened is a failure too: it would have proved nothing.
 */
import { nodeCrypto } from '@cairn/transport';
import { Atlas } from './atlas.ts';
import { Clients } from './clients.ts';
import { Cluster, standardLimits } from './cluster.ts';
import { keyedHashCrypto } from './crypto.ts';
import { Expectations } from './expectations.ts';
import type { Fate } from './fates.ts';
import { Follower } from './followers.ts';
import { checkLiveness } from './liveness.ts';
import { type MarkName, Marks } from './marks.ts';
import { Nemesis } from './nemesis.ts';
import { type Observer, observerOf, type Verdict } from './oracle/observer.ts';
import { allOracles, type MakeOracles } from './oracles.ts';
import type { Plan } from './plan.ts';
import { planOf } from './planner.ts';
import { type Profile, profileOf } from './profile.ts';
import { checkWishes, finalChain } from './promises.ts';
import { chanceOf } from './random.ts';
import { Readers } from './readers.ts';
import { Trace, type TracedEvent } from './trace.ts';

export interface Failure {
  /** 'I-4', 'promise 2', 'liveness', 'vacuity', 'crash' of the simulator itself. */
  readonly invariant: string;
  readonly sentence: string;
  readonly atMs: number;
}

export interface RunResult {
  readonly seed: number;
  readonly profile: string;
  readonly safetyMs: number;
  readonly failure: Failure | null;
  readonly hash: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly blocks: number;
  /** Transactions, each counted once however often it was tried. */
  readonly submitted: number;
  readonly committed: number;
  readonly leaderChanges: number;
  readonly marks: Readonly<Partial<Record<MarkName, number>>>;
  readonly fates: readonly Fate[];
  /** The last events in words, oldest first; none for a run without a failure. */
  readonly last: readonly TracedEvent[];
}

export interface RunOptions {
  readonly seed: number;
  readonly profile?: string;
  readonly safetyMs: number;
  /** Instead of what the seed would draw. */
  readonly plan?: Plan;
  readonly profileChange?: Partial<Profile>;
  /** Tell in the result what chance did to messages. */
  readonly writesFates?: boolean;
  /** Default: all of them. */
  readonly oracles?: MakeOracles;
  readonly listener?: (event: TracedEvent) => void;
}

/** Or a tenth of what was submitted, in a short run. */
const COMMITTED_MIN = 50;
/** In a shorter run there may be no time for a second leader. */
const TWO_LEADERS_MS = 20_000;

export function run(options: RunOptions): RunResult {
  const { seed, safetyMs } = options;
  const drawn = profileOf(options.profile ?? 'swarm', seed);
  const profile: Profile = { ...drawn, ...options.plan?.change, ...options.profileChange };
  const plan = options.plan ?? planOf(profile, seed, safetyMs);
  return new Run(profile, plan, options).result();
}

class Run {
  readonly #profile: Profile;
  readonly #plan: Plan;
  readonly #cluster: Cluster;
  readonly #atlas: Atlas;
  readonly #nemesis: Nemesis;
  readonly #marks = new Marks();
  readonly #trace: Trace;
  readonly #clients: readonly Clients[];
  readonly #readers: readonly Readers[];
  readonly #followers: readonly Follower[];
  readonly #verdict: Verdict;
  #failure: Failure | null = null;
  #blocks = 0;

  constructor(profile: Profile, plan: Plan, options: RunOptions) {
    this.#profile = profile;
    this.#plan = plan;
    // The cluster tells one observer, whose parts can be made only once the cluster stands.
    const observer = observerOf([]);
    this.#cluster = clusterOf(profile, plan.seed, observer);
    if (options.writesFates === true) this.#cluster.network.fates.written = [];
    this.#verdict = { fail: (invariant, sentence) => this.#fail(invariant, sentence) };
    const doMembersChange = plan.actions.some(([, { kind }]) => kind === 'member');
    this.#atlas = new Atlas(profile.orderers, doMembersChange);
    const flood = (count: number) => this.#clients[0]!.flood(count);
    this.#nemesis = new Nemesis(this.#cluster, this.#atlas, observer, flood);
    this.#trace = new Trace(this.#cluster.world, options.listener ?? null);
    const own = [this.#trace, this.#marks, this.#expectations(), this.#nemesis];
    const oracles = (options.oracles ?? allOracles)(this.#cluster, this.#verdict);
    Object.assign(observer, observerOf([...own, ...oracles]));
    const watch = { observer, verdict: this.#verdict };
    const { seed } = plan;
    this.#clients = this.#cluster.channels.map((channel) => {
      const chance = chanceOf(seed, `workload ${channel}`);
      return new Clients(this.#cluster, channel, chance, profile.workload, watch);
    });
    this.#readers = this.#cluster.channels.map((channel) => {
      const isForgetful = (node: string) => this.#nemesis.forgetful.has(node);
      const chance = chanceOf(seed, `readers ${channel}`);
      return new Readers(this.#cluster, channel, chance, { ...watch, isForgetful });
    });
    const followed = profile.isFollowed ? this.#cluster.channels : [];
    this.#followers = followed.map((name) => new Follower(this.#cluster, name, this.#verdict));
  }

  #expectations(): Expectations {
    const mayBeRemoved = (name: string) => this.#nemesis.mayBeRemovedFromAll(name);
    return new Expectations(this.#atlas, this.#verdict, mayBeRemoved);
  }

  #fail(invariant: string, sentence: string): void {
    this.#failure ??= { invariant, sentence, atMs: this.#cluster.world.nowMs };
    this.#cluster.world.stop();
  }

  result(): RunResult {
    try {
      this.#safety();
      if (this.#failure === null) this.#liveness();
      if (this.#failure === null) this.#judge();
    } catch (error) {
      this.#fail('crash', error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    return this.#report();
  }

  #safety(): void {
    const { safetyMs, actions } = this.#plan;
    const { drift } = this.#profile;
    const chance = chanceOf(this.#plan.seed, 'clocks');
    for (const node of this.#cluster.nodes) {
      node.clock.rate = 1 + drift * (2 * chance.real() - 1);
      this.#cluster.world.in(chance.below(200), () => node.start());
    }
    const { network } = this.#cluster;
    network.hasLateWords = this.#profile.hasLateWords;
    if (this.#plan.fates !== undefined) network.fates.follow(this.#plan.fates);
    this.#cluster.mail.payloadBytesMax = this.#profile.frameBytesMax;
    this.#nemesis.follow(actions);
    for (const each of this.#clients) each.runUntil(safetyMs);
    for (const each of this.#readers) each.runUntil(safetyMs + 5_000, this.#profile.readEveryMs);
    for (const each of this.#followers) each.runUntil(safetyMs + 5_000);
    this.#cluster.world.runFor(safetyMs);
  }

  #liveness(): void {
    this.#nemesis.heal();
    const { core } = this.#nemesis;
    checkLiveness(this.#cluster, core, this.#clients, this.#profile, this.#verdict);
  }

  #judge(): void {
    for (const [at, channel] of this.#cluster.channels.entries()) {
      const chain = finalChain(this.#cluster, this.#nemesis.core, channel, this.#verdict);
      if (chain === null) continue;
      this.#blocks += chain.blocks.length;
      checkWishes(this.#clients[at]!.wishes, chain, this.#verdict);
      this.#readers[at]!.check(chain);
      this.#followers[at]?.check(chain);
    }
    if (this.#failure === null) this.#guard();
  }

  /** A plan that was made small proves what it proves; any other run must have had something happen in it. */
  #guard(): void {
    if (this.#plan.change !== undefined) return;
    const submitted = (this.#plan.safetyMs / 1_000) * this.#profile.workload.rate;
    const least = Math.min(COMMITTED_MIN, submitted / 10);
    if (this.#committed < least) {
      this.#fail('vacuity', `only ${this.#committed} submissions were committed`);
    }
    const isLong = this.#plan.safetyMs >= TWO_LEADERS_MS && this.#plan.actions.length > 0;
    if (isLong && this.#elected <= this.#cluster.channels.length) {
      this.#fail('vacuity', 'the leader never changed');
    }
  }

  get #elected(): number {
    return this.#marks.hit.get('leader elected') ?? 0;
  }

  get #submitted(): number {
    return this.#clients.reduce((total, { wishes }) => total + wishes.length, 0);
  }

  get #committed(): number {
    const wishes = this.#clients.flatMap((each) => each.wishes);
    return wishes.filter(({ outcome }) => outcome === 'committed').length;
  }

  #report(): RunResult {
    const { world } = this.#cluster;
    const marks = Object.fromEntries(this.#marks.hit);
    return {
      seed: this.#plan.seed,
      profile: this.#plan.profile,
      safetyMs: this.#plan.safetyMs,
      failure: this.#failure,
      hash: this.#trace.hash,
      simulatedMs: world.nowMs,
      events: world.events,
      blocks: this.#blocks,
      submitted: this.#submitted,
      committed: this.#committed,
      leaderChanges: this.#elected,
      marks,
      fates: this.#cluster.network.fates.written ?? [],
      last: this.#failure === null ? [] : this.#trace.last,
    };
  }
}

function clusterOf(profile: Profile, seed: number, observer: Observer): Cluster {
  const { orderers, raft, batch, blocksInFlightMax, realSignatures } = profile;
  const channels = ['mychannel', 'another'].slice(0, profile.channels);
  const pipeline = { ...standardLimits.pipeline, blocksInFlightMax };
  const limits = { ...standardLimits, pipeline };
  const crypto = realSignatures ? nodeCrypto : keyedHashCrypto;
  return new Cluster({ seed, orderers, channels, raft, batch, limits, crypto }, observer);
}
