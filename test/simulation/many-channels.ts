/**
 * One long run of very many channels on three orderers, under mild faults, judged at its end.
 *
 * What other runs look at after each event would be looked at a thousandfold here, so nobody looks: whether promises were
 * kept is read from the chains, from what clients were told and from the orderers' logs, once everything is whole again.
 * What such a run is for is what few channels do not show: all of them elect at once, and each costs while it is idle.
 */
import { configOf, orThrow, type RaftConfig } from '@cairn/ledger';
import { Atlas } from './atlas.ts';
import { Clients, standardWorkload } from './clients.ts';
import { Cluster } from './cluster.ts';
import { mildFaults, orderers } from './mild-faults.ts';
import { Nemesis } from './nemesis.ts';
import { type Observer, observerOf } from './oracle/observer.ts';
import type { PlannedAction } from './plan.ts';
import { checkWishes, type FinalChain, finalChain } from './promises.ts';
import { chanceOf } from './random.ts';

export interface ManyChannelsResult {
  /** In words; none: everything was kept. */
  readonly failures: readonly string[];
  readonly simulatedMs: number;
  readonly events: number;
  readonly committed: number;
  readonly blocks: number;
  /** Leaders elected, over all channels. */
  readonly elected: number;
  readonly faults: number;
  /** Over the newest hash of every channel and the count of events: equal for equal seeds. */
  readonly digest: string;
}

export interface ManyChannelsOptions {
  readonly channels: number;
  /** In which things go wrong; what comes after takes some seconds more. */
  readonly simulatedMs: number;
  readonly seed?: number;
}

/** In a second, over all channels. */
const SUBMISSIONS_RATE = 20;
const START_WITHIN_MS = 200;
/** Nobody can ask a thousand channels after each event whether the end has come. */
const LOOK_EVERY_MS = 100;
const ELECTION_TIMEOUTS = 10;
const SETTLE_MS = 30_000;
/** A moved commit index is on disk, and visible, within a tick or two. */
const VISIBLE_MS = 500;
/** Votes may be split, but not again and again. */
const TERMS_FOR_EACH_FAULT = 5;
/** In the mean of all channels, at least: not every fault hits a channel's leader. */
const ELECTIONS_FOR_EACH_FAULT = 0.1;
const FAILURES_TOLD = 20;

export function runManyChannels(options: ManyChannelsOptions): ManyChannelsResult {
  return new ManyChannelsRun(options).result();
}

class ManyChannelsRun {
  readonly #simulatedMs: number;
  readonly #cluster: Cluster;
  readonly #nemesis: Nemesis;
  readonly #clients: readonly Clients[];
  readonly #plan: readonly PlannedAction[];
  readonly #seed: number;
  readonly #failures: string[] = [];
  /** Who has led a term of a channel. */
  readonly #leaders = new Map<string, string>();
  #blocks = 0;

  constructor({ channels, simulatedMs, seed = 1 }: ManyChannelsOptions) {
    this.#simulatedMs = simulatedMs;
    this.#seed = seed;
    const names = Array.from({ length: channels }, (_, at) => `channel${at + 1}`);
    const observer = observerOf([]);
    const isWatched = false;
    this.#cluster = new Cluster(
      { seed, orderers: orderers.length, channels: names, isWatched },
      observer,
    );
    this.#nemesis = new Nemesis(this.#cluster, new Atlas(orderers.length, false), observer);
    Object.assign(observer, observerOf([this.#nemesis, this.#ears()]));
    this.#plan = mildFaults(chanceOf(seed, 'plan'), simulatedMs);
    const workload = { ...standardWorkload, rate: SUBMISSIONS_RATE / channels, clients: 1 };
    const bus = this.#cluster.connectClient('clients');
    const watch = { observer, verdict: { fail: (...words: string[]) => this.#fail(words) }, bus };
    this.#clients = names.map((channel) => {
      const chance = chanceOf(seed, `workload ${channel}`);
      return new Clients(this.#cluster, channel, chance, workload, watch);
    });
  }

  /** What is told without looking: logs, and the ends of processes. */
  #ears(): Partial<Observer> {
    return {
      logged: (node, channel, term, text) => {
        if (text.includes(' became leader at term ')) this.#elected(node, channel, term);
      },
      life: (node, event) => {
        if (event.kind === 'fatal') this.#fail(['I-21', `${node} ended itself: ${event.message}`]);
      },
    };
  }

  #elected(node: string, channel: string, term: number): void {
    const other = this.#leaders.get(`${channel} ${term}`);
    if (other !== undefined) {
      this.#fail(['I-1', `${other} and ${node} have both led ${channel} in term ${term}`]);
    }
    this.#leaders.set(`${channel} ${term}`, node);
  }

  #fail(words: readonly string[]): void {
    if (this.#failures.length < FAILURES_TOLD) this.#failures.push(words.join(': '));
  }

  result(): ManyChannelsResult {
    this.#safety();
    this.#liveness();
    let digest = this.#cluster.world.events;
    for (const at of this.#clients.keys()) {
      const chain = this.#judge(at);
      digest = (Math.imul(digest, 31) + (chain?.blocks.at(-1)?.hash[0] ?? 0)) | 0;
    }
    this.#guard();
    const { world } = this.#cluster;
    return {
      failures: this.#failures,
      simulatedMs: world.nowMs,
      events: world.events,
      committed: this.#committed,
      blocks: this.#blocks,
      elected: this.#leaders.size,
      faults: this.#plan.length,
      digest: (digest >>> 0).toString(16),
    };
  }

  #safety(): void {
    const { nodes, world } = this.#cluster;
    const chance = chanceOf(this.#seed, 'clocks');
    for (const node of nodes) world.in(chance.below(START_WITHIN_MS), () => node.start());
    this.#nemesis.follow(this.#plan);
    for (const each of this.#clients) each.runUntil(this.#simulatedMs);
    world.runFor(this.#simulatedMs);
  }

  /** Every channel serves again within the time of ten elections, answers everybody, and comes to peace. */
  #liveness(): void {
    this.#nemesis.heal();
    const probes = this.#clients.map((each) => each.probe());
    const { electionTicks, tickMs } = this.#raft;
    const isServed = () => probes.every(({ outcome }) => outcome === 'committed');
    if (!this.#runUntil(isServed, ELECTION_TIMEOUTS * electionTicks * tickMs)) {
      const late = probes.filter(({ outcome }) => outcome !== 'committed');
      const where = `in ${late.length} channels, ${late[0]!.channel} among them`;
      this.#fail(['liveness', `no fresh submission was committed in time ${where}`]);
    }
    const isQuiet = () => this.#clients.every(({ hasOpen }) => !hasOpen);
    const isPeaceful = () => this.#cluster.channels.every((name) => this.#isAgreed(name));
    if (!this.#runUntil(() => isQuiet() && isPeaceful(), SETTLE_MS)) {
      this.#fail(['liveness', 'some channels are still not at peace']);
    }
    this.#cluster.world.runFor(VISIBLE_MS);
  }

  #runUntil(condition: () => boolean, limitMs: number): boolean {
    const { world } = this.#cluster;
    const endMs = world.nowMs + limitMs;
    while (!condition()) {
      if (world.nowMs >= endMs) return false;
      world.runFor(LOOK_EVERY_MS);
    }
    return true;
  }

  /** One of them leads, and all know whom, and how far the log is committed. */
  #isAgreed(name: string): boolean {
    const standings = this.#cluster.nodes.map((node) => node.channel(name)?.standing);
    const first = standings[0];
    return (
      first !== undefined &&
      standings.filter((each) => each?.role === 'leader').length === 1 &&
      standings.every(
        (each) =>
          each?.term === first.term &&
          each.leader === first.leader &&
          each.commit === first.commit &&
          each.applied === first.commit &&
          each.last === first.commit,
      )
    );
  }

  #judge(at: number): FinalChain | null {
    const { nodes, channels } = this.#cluster;
    const name = channels[at]!;
    const verdict = { fail: (...words: string[]) => this.#fail(words) };
    const chain = finalChain(this.#cluster, nodes, name, verdict);
    this.#checkStates(name, chain?.blocks.length ?? 0);
    if (chain === null) return null;
    this.#blocks += chain.blocks.length;
    checkWishes(this.#clients[at]!.wishes, chain, verdict);
    return chain;
  }

  #checkStates(name: string, height: number): void {
    if (!this.#isAgreed(name)) this.#fail(['liveness', `${name} has not come to peace`]);
    const termMax = 2 + TERMS_FOR_EACH_FAULT * (this.#plan.length + 2);
    for (const node of this.#cluster.nodes) {
      const channel = node.channel(name);
      if (channel === undefined || channel.problem !== null) {
        const why = channel?.problem?.message ?? 'it is not open';
        this.#fail(['I-21', `${name} has stopped at ${node.name}: ${why}`]);
      } else if (channel.reader.visibleHeight !== height) {
        const shown = `${channel.reader.visibleHeight} of ${height} blocks`;
        this.#fail(['promise 6', `${node.name} shows ${shown} of ${name}`]);
      } else if (channel.term > termMax) {
        this.#fail([
          'liveness',
          `${name} is in term ${channel.term} after ${this.#plan.length} faults`,
        ]);
      } else if (channel.submissions.openRequests > 0) {
        this.#fail(['liveness', `${node.name} still has open requests in ${name}`]);
      }
    }
  }

  /** A run in which too little happened would prove nothing. */
  #guard(): void {
    const submitted = (this.#simulatedMs / 1_000) * SUBMISSIONS_RATE;
    if (this.#committed < submitted / 2) {
      this.#fail(['vacuity', `only ${this.#committed} submissions were committed`]);
    }
    const electedMin = this.#clients.length * (1 + this.#plan.length * ELECTIONS_FOR_EACH_FAULT);
    if (this.#leaders.size < electedMin) {
      this.#fail(['vacuity', `only ${this.#leaders.size} leaders were elected`]);
    }
  }

  get #raft(): RaftConfig {
    return orThrow(configOf(this.#cluster.genesis[0]!)).raft;
  }

  get #committed(): number {
    let committed = 0;
    for (const { wishes } of this.#clients) {
      for (const { outcome } of wishes) if (outcome === 'committed') committed += 1;
    }
    return committed;
  }
}
