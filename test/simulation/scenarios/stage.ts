/**
 * Where a script is played: a cluster, judged by every oracle, with the words that scripts are made of.
 *
 * Whatever is found wrong, by the script or by an oracle, ends the script at its next word.
 */
import {
  beginMembershipChange,
  type ChannelConfig,
  encodeKey,
  type MemberWish,
  utf8Decode,
} from '@cairn/ledger';
import type { MemoryBus } from '@cairn/transport';
import { propose } from '../admin.ts';
import { Cluster, type ClusterOptions, standardLimits, subjects } from '../cluster.ts';
import type { Channel, SimulatedNode } from '../node.ts';
import { type LifeEvent, type Observer, observerOf, type SentMessage } from '../oracle/observer.ts';
import { allOracles } from '../oracles.ts';
import { finalChain } from '../promises.ts';
import type { Failure } from '../run.ts';
import { type Fate, Postman } from './postman.ts';

export const CHANNEL = 'mychannel';
const PATIENCE_MS = 15_000;

export interface Reply {
  readonly status: number;
  readonly error?: { readonly code: string; readonly proposed?: boolean };
  readonly duplicate?: boolean;
  readonly block?: number;
  readonly index?: number;
  readonly blockHash?: string;
}

export interface Asked {
  readonly id: string;
  reply: Reply | null;
}

/** Thrown to leave a script whose verdict is spoken. */
export class Curtain extends Error {}

export class Stage {
  readonly cluster: Cluster;
  readonly post: Postman;
  readonly asked: Asked[] = [];
  readonly logged: { readonly node: string; readonly text: string }[] = [];
  /** Who became leader, in order. */
  readonly leaders: { readonly node: string; readonly term: number }[] = [];
  /** Called whenever a write is on a disk, before its node knows. */
  whenDurable: (node: string) => void = () => {};
  /** Codes with which processes and channels may end here. */
  readonly ends = new Set<string>();
  failure: Failure | null = null;
  readonly #client: MemoryBus;

  constructor(seed: number, options: Partial<ClusterOptions>) {
    const observer = observerOf([]);
    const pipeline = { ...standardLimits.pipeline, blocksInFlightMax: 10 };
    const limits = { ...standardLimits, pipeline };
    this.cluster = new Cluster({ seed, orderers: 3, limits, ...options }, observer);
    this.post = new Postman(this.cluster.world, this.cluster.network);
    const verdict = { fail: (by: string, sentence: string) => this.#fail(by, sentence) };
    const oracles = allOracles(this.cluster, verdict);
    Object.assign(observer, observerOf([this.post, this.#memory(), ...oracles]));
    this.#client = this.cluster.connectClient('client');
  }

  #memory(): Partial<Observer> {
    return {
      life: (node, event) => this.#lived(node, event),
      logged: (node, _channel, _term, text) => this.logged.push({ node, text }),
      diskDurable: (node) => this.whenDurable(node),
      channelChanged: (node, _channel, now, before) => {
        if (now.role === 'leader' && before?.role !== 'leader') {
          this.leaders.push({ node, term: now.term });
        }
        if (before === null || (now.term >= before.term && now.commit >= before.commit)) return;
        this.#fail('I-12', `${node} went back: ${JSON.stringify(before)} ${JSON.stringify(now)}`);
      },
    };
  }

  #lived(node: string, event: LifeEvent): void {
    if (event.kind !== 'fatal' && event.kind !== 'channelFailed') return;
    if (!this.ends.has(event.code)) this.#fail('I-21', `${node}: ${event.code}: ${event.message}`);
  }

  #fail(invariant: string, sentence: string): void {
    this.failure ??= { invariant, sentence, atMs: this.cluster.world.nowMs };
    this.cluster.world.stop();
  }

  fail(sentence: string): never {
    this.#fail('scenario', sentence);
    throw new Curtain();
  }

  check(condition: boolean, sentence: string): void {
    if (!condition) this.fail(sentence);
  }

  // Time.

  run(durationMs: number): void {
    this.cluster.world.runFor(durationMs);
    if (this.failure !== null) throw new Curtain();
  }

  until(what: string, condition: () => boolean, limitMs = PATIENCE_MS): void {
    const came = this.cluster.world.runUntil(condition, limitMs);
    if (this.failure !== null) throw new Curtain();
    this.check(came, `${what}: not within ${limitMs} ms`);
  }

  // Machines.

  get names(): string[] {
    return this.cluster.nodes.map(({ name }) => name);
  }

  node(name: string): SimulatedNode {
    return this.cluster.node(name);
  }

  channel(name: string): Channel {
    return this.node(name).channel(CHANNEL) ?? this.fail(`${name} has no channel`);
  }

  start(...names: string[]): void {
    for (const name of names) this.node(name).start();
  }

  crash(...names: string[]): void {
    for (const name of names) this.node(name).crash();
  }

  /** Nothing becomes durable there for so long. */
  stall(name: string, forMs: number): void {
    this.node(name).disk.behaviour.stalledUntilMs = this.cluster.world.nowMs + forMs;
  }

  /** Changes one stored value: the last one of a table, or the `back`th from the end. */
  damage(name: string, table: string, change: (value: Uint8Array) => void, back = 0): void {
    const { content } = this.node(name).disk;
    const keys = content.keys().filter((key) => key.charCodeAt(0) === 0x10 && key[5] === table);
    const key = keys.at(-1 - back) ?? this.fail(`${name} has nothing in table ${table}`);
    const value = Uint8Array.from(content.get(Uint8Array.from(Buffer.from(key, 'latin1')))!);
    change(value);
    content.set(key, value);
  }

  // Roles.

  get leader(): string | null {
    return this.cluster.leader(CHANNEL)?.node.name ?? null;
  }

  term(name: string): number {
    return this.channel(name).term;
  }

  commit(name: string): number {
    return this.channel(name).status.commit;
  }

  untilLeader(among: readonly string[] = this.names): string {
    const leads = () =>
      among.find((name) => this.node(name).channel(CHANNEL)?.isLeader === true) ?? null;
    this.until(`one of ${among.join(', ')} leads`, () => leads() !== null);
    return leads()!;
  }

  /** Everybody runs, and this one leads. */
  begin(leader = 'orderer1'): void {
    this.start(...this.names);
    this.lead(leader);
    this.committed('warm', leader);
    this.untilAgreed();
  }

  lead(name: string): void {
    this.until(`${name} leads`, () => {
      const { leader } = this;
      if (leader !== null && leader !== name) {
        const channel = this.channel(leader);
        if (channel.status.transferee === 0) channel.transferTo(channel.memberNamed(name)!);
      }
      return leader === name && this.commit(name) === this.channel(name).status.last;
    });
  }

  // Members.

  wishesOf(config: ChannelConfig): MemberWish[] {
    return config.members.map((member) => ({ ...member }));
  }

  /** The configuration in which these are as said; null: gone. */
  changed(
    from: string,
    roles: Readonly<Record<string, 'voter' | 'learner' | null>>,
  ): ChannelConfig {
    const { config } = this.channel(from);
    const wishes = this.wishesOf(config).flatMap((wish): MemberWish[] => {
      const role = roles[wish.name] === undefined ? wish.role : roles[wish.name];
      return role == null ? [] : [{ ...wish, role }];
    });
    return beginMembershipChange(config, wishes);
  }

  /** Begins a change and does not wait. */
  change(leader: string, roles: Parameters<Stage['changed']>[1]): void {
    const channel = this.channel(leader);
    this.check(propose(channel, this.changed(leader, roles)), `${leader} takes the configuration`);
  }

  /** Both steps of a change. */
  changeMembers(leader: string, roles: Parameters<Stage['changed']>[1]): void {
    const before = this.channel(leader).committedConfigNumber;
    this.change(leader, roles);
    this.until('the change is finished', () => {
      const { configAt } = this.channel(leader);
      return configAt.number > before && configAt.config.outgoing.length === 0;
    });
    this.untilAgreed();
  }

  keyOf(name: string): string {
    return encodeKey(this.node(name).signer.publicKey);
  }

  // Clients.

  submit(id: string, to: string, timeoutMs = 5_000, payload: Uint8Array = Buffer.from(id)): Asked {
    const asked: Asked = { id, reply: null };
    this.asked.push(asked);
    const headers = { 'Cairn-Timeout-Ms': String(timeoutMs), 'Nats-Msg-Id': id };
    const subject = subjects.submitTo(CHANNEL, to);
    this.#client.request(subject, payload, { timeoutMs: timeoutMs + 1_000, headers }, (outcome) => {
      asked.reply =
        outcome.kind === 'reply'
          ? (JSON.parse(utf8Decode(outcome.message.payload) ?? '') as Reply)
          : { status: outcome.kind === 'noResponders' ? 503 : 504 };
    });
    return asked;
  }

  committed(id: string, to: string): Asked {
    const asked = this.submit(id, to);
    this.until(`${id} is committed`, () => asked.reply !== null);
    this.check(asked.reply?.status === 200, `${id} is committed: ${JSON.stringify(asked.reply)}`);
    return asked;
  }

  // Ends.

  pass(): void {
    this.post.rule = () => 'pass';
    this.cluster.network.heal();
    this.cluster.network.behaviour.corruptRate = 0;
    this.cluster.network.behaviour.repeatRate = 0;
    this.cluster.network.behaviour.reorderRate = 0;
  }

  untilAgreed(among: readonly string[] = this.names): void {
    this.until('all hold the same committed log', () => {
      const { leader } = this;
      if (leader === null || !among.includes(leader)) return false;
      const { commit, last } = this.node(leader).view(CHANNEL)!;
      const { height } = this.channel(leader);
      return among.every((name) => {
        const channel = this.node(name).channel(CHANNEL);
        return (
          this.node(name).view(CHANNEL)?.commit === commit &&
          channel?.reader.visibleHeight === height &&
          commit === last
        );
      });
    });
  }

  /** Everything is whole again: what was promised must stand, and a fresh submission must commit. */
  finish(among: readonly string[] = this.names): void {
    this.pass();
    this.post.release();
    for (const name of among) this.node(name).resume();
    this.start(...among);
    this.untilLeader(among);
    for (let tries = 0; ; tries++) {
      const asked = this.submit(`last ${tries}`.replace(' ', '-'), this.untilLeader(among));
      this.until('the last submission is answered', () => asked.reply !== null);
      if (asked.reply?.status === 200) break;
      this.check(tries < 5, `the last submission is committed: ${JSON.stringify(asked.reply)}`);
    }
    this.untilAgreed(among);
    this.#judge(among);
  }

  #judge(among: readonly string[]): void {
    const verdict = { fail: (by: string, sentence: string) => this.#fail(by, sentence) };
    const nodes = among.map((name) => this.node(name));
    const chain = finalChain(this.cluster, nodes, CHANNEL, verdict);
    for (const { id, reply } of this.asked) {
      const standing = chain?.standings.get(id);
      if (
        reply?.status === 200 &&
        (standing?.block !== reply.block || standing?.index !== reply.index)
      ) {
        this.#fail(
          'promise 1',
          `${id} was acknowledged at ${reply.block}/${reply.index}: ${standing?.block}`,
        );
      }
      const isRefused = reply?.status === 504 && reply.error?.proposed === false;
      const others = this.asked.filter((each) => each.id === id).length;
      if (isRefused && standing !== undefined && others === 1) {
        this.#fail('promise 4', `${id} was never ordered and stands at ${standing.block}`);
      }
    }
    if (this.failure !== null) throw new Curtain();
  }
}

export type Rule = (sent: SentMessage) => Fate;

/** Drops what `isLost` says. */
export const losing =
  (isLost: (sent: SentMessage) => boolean): Rule =>
  (sent) =>
    isLost(sent) ? 'drop' : 'pass';

/** Only messages within one of the groups pass. */
export const groups = (...parts: readonly (readonly string[])[]): Rule =>
  losing(({ from, to }) => !parts.some((part) => part.includes(from) && part.includes(to)));

export const isVote = ({ message }: SentMessage): boolean =>
  message.type === 'vote' && !message.pre;

export const isAnyVote = ({ message }: SentMessage): boolean => message.type === 'vote';

export const isGrant = ({ message }: SentMessage): boolean =>
  message.type === 'voteResponse' && !message.pre && message.granted;
