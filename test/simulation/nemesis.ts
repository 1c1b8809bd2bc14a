/**
 * Carries out a plan, and puts everything right again.
 *
 * It also keeps the machines: whatever process has ended is started again after a while, unless it has refused to run with
 * the directory it has.
 */
import { changedBatch, changedMembers, propose, transfer } from './admin.ts';
import type { Atlas } from './atlas.ts';
import type { Cluster } from './cluster.ts';
import { calmNetwork } from './network.ts';
import type { SimulatedNode } from './node.ts';
import type { ChannelView, DiskDamage, LifeEvent, NodeName, Observer } from './oracle/observer.ts';
import { type Action, describeAction, type PlannedAction, type Target } from './plan.ts';
import { Quarantine } from './quarantine.ts';

/** Codes of a process that must not be started again as it is. */
const REFUSALS = new Set([
  'VOTER_DIRECTORY_EMPTY',
  'DATA_OLDER_THAN_ACKNOWLEDGED',
  'RECORD_DAMAGED',
  'DATA_DAMAGED',
  'BAD_CONFIGURATION',
  'BAD_GENESIS',
]);
const RESTART_MS = 700;
const CAPACITY = 50_000;

export class Nemesis implements Partial<Observer> {
  readonly #cluster: Cluster;
  readonly #atlas: Atlas;
  readonly #observer: Observer;
  /** How long a node that goes down now stays down. */
  readonly #downMs = new Map<NodeName, number>();
  readonly #refused = new Set<NodeName>();
  readonly #flood: (count: number) => void;
  readonly #ambushes: Ambush[] = [];
  readonly #quarantine: Quarantine;
  #healed = false;
  /** Directories that were emptied or taken back to an older state. */
  readonly forgetful = new Set<NodeName>();
  /** Where the removal of a node was proposed: it may be committed where nobody alive knows of it. */
  readonly #removals = new Map<NodeName, Set<string>>();

  /** `flood` makes clients submit so much at once. */
  constructor(
    cluster: Cluster,
    atlas: Atlas,
    observer: Observer,
    flood: (count: number) => void = () => {},
  ) {
    this.#cluster = cluster;
    this.#atlas = atlas;
    this.#observer = observer;
    this.#flood = flood;
    this.#quarantine = new Quarantine(cluster);
  }

  follow(actions: readonly PlannedAction[]): void {
    for (const [timeMs, action] of actions) {
      this.#cluster.world.at(timeMs, () => this.#act(action));
    }
  }

  /** Nodes that can be expected to serve once everything is whole. */
  get core(): SimulatedNode[] {
    return this.#cluster.nodes.filter(
      ({ name }) => !this.#atlas.isDamaged(name) && !this.#refused.has(name),
    );
  }

  life(name: NodeName, event: LifeEvent): void {
    if (event.kind === 'fatal' && REFUSALS.has(event.code)) this.#refused.add(name);
    if (event.kind !== 'crashed' && event.kind !== 'stopped' && event.kind !== 'fatal') return;
    this.#endAbandoned();
    const downMs = this.#downMs.get(name) ?? RESTART_MS;
    this.#downMs.delete(name);
    this.#cluster.world.in(downMs, () => this.#startAgain(name));
  }

  diskDamaged(name: NodeName, damage: DiskDamage): void {
    if (damage === 'rolledBack' || damage === 'wiped') this.forgetful.add(name);
    if (damage === 'rolledBack') this.#quarantine.add(name);
  }

  channelChanged(
    name: NodeName,
    channel: string,
    view: ChannelView,
    before: ChannelView | null,
  ): void {
    const { role, term } = view;
    if (term !== before?.term || role !== before.role) {
      this.#quarantine.sawTerm(channel, view);
      this.#endAbandoned();
    }
    if (role !== 'candidate' || before?.role === 'candidate') return;
    const ambush = this.#ambushes.shift();
    if (ambush !== undefined) this.#spring(this.#cluster.node(name), ambush);
  }

  #spring(node: SimulatedNode, { point, downMs }: Ambush): void {
    if (point.at !== 'later') {
      this.#downMs.set(node.name, downMs);
      node.crashPoint = { ...point };
    } else {
      this.#later(point.afterMs, () => this.#crash(node, downMs));
    }
  }

  #startAgain(name: NodeName): void {
    if (this.#healed && this.#atlas.isDamaged(name)) return;
    if (this.#refused.has(name)) return;
    if (!this.#quarantine.has(name) || this.#quarantine.admits(name)) {
      this.#cluster.node(name).start();
    } else {
      this.#later(RESTART_MS, () => this.#startAgain(name));
    }
  }

  #endAbandoned(): void {
    for (const name of this.#quarantine.abandoned) {
      this.#later(0, () => this.#crash(this.#cluster.node(name), RESTART_MS));
    }
  }

  #act(action: Action): void {
    if (this.#healed) return;
    this.#observer.acted(describeAction(action));
    switch (action.kind) {
      case 'crashAll':
        for (const node of this.#cluster.alive) this.#crash(node, action.downMs);
        return;
      case 'cut':
        this.#cut(this.#resolved(action.pairs), action.forMs);
        return;
      case 'network':
        this.#weather(action);
        return;
      case 'broker':
        for (const node of this.#cluster.alive) node.reconnect(action.awayMs);
        return;
      case 'transfer':
      case 'batch':
        this.#operate(action);
        return;
      case 'clog':
        this.#clog(action);
        return;
      case 'flood':
        this.#flood(action.count);
        return;
      case 'ambush':
        this.#ambushes.push(action);
        return;
      default: {
        const node = this.#target(action.node);
        if (node !== null) this.#actOn(node, action);
      }
    }
  }

  #actOn(node: SimulatedNode, action: Extract<Action, { node: Target }>): void {
    switch (action.kind) {
      case 'crash':
        return this.#crash(node, action.downMs);
      case 'crashAt':
        this.#downMs.set(node.name, action.downMs);
        node.crashPoint = { ...action.point };
        return;
      case 'stop':
        this.#downMs.set(node.name, action.downMs);
        return node.stop();
      case 'pause':
        node.pause();
        return this.#later(action.forMs, () => node.resume());
      case 'isolate':
        return this.#cut(this.#around(node.name, action.direction), action.forMs);
      case 'reconnect':
        return node.reconnect(action.awayMs);
      case 'capacity':
        this.#cluster.network.setCapacity(node.name, action.messages);
        return this.#later(action.forMs, () =>
          this.#cluster.network.setCapacity(node.name, CAPACITY),
        );
      case 'wallClock':
        node.clock.wallAheadMs = action.aheadMs;
        return;
      case 'member':
        return this.#operateOn(node.name, action.change);
      default:
        return this.#actOnDisk(node, action);
    }
  }

  #actOnDisk(node: SimulatedNode, action: DiskAction): void {
    const { disk } = node;
    switch (action.kind) {
      case 'slowDisk':
        disk.behaviour.meanMs = action.meanMs;
        return this.#later(action.forMs, () => {
          disk.behaviour.meanMs = 1;
        });
      case 'stallDisk':
        disk.behaviour.stalledUntilMs = this.#cluster.world.nowMs + action.forMs;
        return;
      case 'failDisk':
        disk.behaviour.failure = action.failure;
        return;
      case 'lie':
        if (this.#atlas.isDamaged(node.name) || !this.#atlas.takes(node.name)) return;
        disk.lie();
        return this.#later(action.forMs, () => this.#stopLying(node));
      case 'damage':
        if (!this.#atlas.takes(node.name)) return;
        disk.stopLying();
        return disk.damage(action.damage);
      case 'backUp':
        return disk.backUp();
      case 'rollBack':
        if (!disk.hasBackup || !this.#atlas.takes(node.name)) return;
        return this.#replace(node, action.downMs, () => disk.rollBack());
      case 'wipe':
        if (!this.#atlas.takes(node.name)) return;
        return this.#replace(node, action.downMs, () => disk.wipe());
    }
  }

  #stopLying({ name, disk }: SimulatedNode): void {
    if (disk.stopLying()) this.#atlas.gives(name);
  }

  #replace(node: SimulatedNode, downMs: number, replace: () => void): void {
    this.#crash(node, downMs);
    node.disk.stopLying();
    replace();
  }

  #crash(node: SimulatedNode, downMs: number): void {
    if (!node.isAlive) return;
    this.#downMs.set(node.name, downMs);
    node.crash();
  }

  #target(target: Target): SimulatedNode | null {
    if (target !== 'leader') return this.#cluster.node(target);
    return this.#cluster.leader(this.#cluster.channels[0]!)?.node ?? null;
  }

  #resolved(pairs: readonly (readonly [Target, Target])[]): [NodeName, NodeName][] {
    return pairs.flatMap(([from, to]): [NodeName, NodeName][] => {
      const [sender, receiver] = [this.#target(from), this.#target(to)];
      return sender === null || receiver === null ? [] : [[sender.name, receiver.name]];
    });
  }

  #around(name: NodeName, direction: 'both' | 'from' | 'to'): [NodeName, NodeName][] {
    const others = this.#cluster.nodes.filter((node) => node.name !== name);
    return others.flatMap((other): [NodeName, NodeName][] => [
      ...(direction === 'to' ? [] : [[name, other.name] as [NodeName, NodeName]]),
      ...(direction === 'from' ? [] : [[other.name, name] as [NodeName, NodeName]]),
    ]);
  }

  #cut(pairs: readonly [NodeName, NodeName][], forMs: number): void {
    const { network } = this.#cluster;
    for (const [from, to] of pairs) network.setCut(from, to, true);
    this.#later(forMs, () => {
      for (const [from, to] of pairs) {
        network.setCut(from, to, this.#quarantine.keepsApart(from, to));
      }
    });
  }

  #clog({ from, to, forMs }: Extract<Action, { kind: 'clog' }>): void {
    const untilMs = this.#cluster.world.nowMs + forMs;
    for (const [sender, receiver] of this.#resolved([[from, to]])) {
      this.#cluster.network.clog(sender, receiver, untilMs);
    }
  }

  #weather({ behaviour, forMs }: Extract<Action, { kind: 'network' }>): void {
    const { network } = this.#cluster;
    Object.assign(network.behaviour, behaviour);
    this.#later(forMs, () => {
      for (const name of Object.keys(behaviour) as (keyof typeof behaviour)[]) {
        Object.assign(network.behaviour, { [name]: calmNetwork[name] });
      }
    });
  }

  #operate(action: Extract<Action, { kind: 'transfer' | 'batch' }>): void {
    for (const { node, channel } of this.#leading()) {
      node.operate(() => {
        if (action.kind === 'transfer') transfer(channel, action.to);
        else {
          const config = changedBatch(channel.config, action.maxTransactions, action.timeoutMs);
          if (config !== null) propose(channel, config);
        }
      });
    }
  }

  #operateOn(name: NodeName, change: 'demote' | 'promote' | 'remove'): void {
    for (const { node, channel } of this.#leading()) {
      node.operate(() => {
        const config = changedMembers(channel.config, name, change);
        const isProposed = config !== null && propose(channel, config);
        if (isProposed && change === 'remove') this.#noteRemoval(name, channel.name);
      });
    }
  }

  #noteRemoval(name: NodeName, channel: string): void {
    const channels = this.#removals.get(name) ?? new Set<string>();
    this.#removals.set(name, channels.add(channel));
  }

  /** It may have no channel left. */
  mayBeRemovedFromAll(name: NodeName): boolean {
    return this.#removals.get(name)?.size === this.#cluster.channels.length;
  }

  #leading() {
    return this.#cluster.channels.flatMap((name) => this.#cluster.leader(name) ?? []);
  }

  #later(delayMs: number, undo: () => void): void {
    this.#cluster.world.in(delayMs, () => {
      if (!this.#healed) undo();
    });
  }

  /** Everything that was broken is whole again, but for what has lost its word: that is gone for good. */
  heal(): void {
    this.#healed = true;
    this.#ambushes.length = 0;
    this.#observer.acted('everything is whole again');
    const { network, nodes, world } = this.#cluster;
    network.heal();
    for (const node of nodes) {
      network.setCapacity(node.name, CAPACITY);
      Object.assign(node.disk.behaviour, { meanMs: 1, stalledUntilMs: world.nowMs, failure: null });
      node.clock.wallAheadMs = 0;
      node.crashPoint = null;
      node.resume();
      this.#stopLying(node);
      if (this.#atlas.isDamaged(node.name)) node.crash();
      else this.#startAgain(node.name);
    }
  }
}

type DiskAction = Extract<
  Action,
  {
    kind: 'slowDisk' | 'stallDisk' | 'failDisk' | 'lie' | 'damage' | 'backUp' | 'rollBack' | 'wipe';
  }
>;
type Ambush = Extract<Action, { kind: 'ambush' }>;
