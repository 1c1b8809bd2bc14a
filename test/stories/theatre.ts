/**
 * Where a story is played: real orderers in the simulated cluster, judged by the oracle, with chance taken out.
 *
 * Every message takes one millisecond, a write none; who times out first is said by the story. So a transcript depends on
 * what orderers do and on nothing that is drawn.
 */
import {
  beginMembershipChange,
  encodeBodyTransaction,
  type MemberWish,
  parseTxId,
  utf8,
  utf8Decode,
} from '@cairn/ledger';
import type { MemoryBus, RequestOutcome } from '@cairn/transport';
import { Cluster, subjects } from '../simulation/cluster.ts';
import type { Channel, SimulatedNode } from '../simulation/node.ts';
import { type Observer, observerOf } from '../simulation/oracle/observer.ts';
import { allOracles } from '../simulation/oracles.ts';
import { Teller } from './teller.ts';

export const CHANNEL = 'mychannel';
const SEED = 1;
const PATIENCE_MS = 15_000;
const ANSWER_MS = 10_000;
/** Of an election time-out between 10 and 19 ticks: who is to be first leaves every lease time to end. */
const EARLY_TICKS = 2;
const SECOND_TICKS = 5;
const LATE_TICKS = 9;

export interface Wish {
  readonly id: string;
  readonly text: string;
}

interface Reply {
  readonly status: number;
  readonly error?: { readonly code: string };
  readonly duplicate?: boolean;
  readonly block?: number;
  readonly index?: number;
}

export class Theatre {
  readonly cluster: Cluster;
  readonly teller: Teller;
  readonly #client: MemoryBus;
  readonly #open = new Set<string>();
  readonly #slower = new Map<string, number>();
  #changedAfter = 0;
  readonly #durable = new Map<string, number>();
  #broken: string | null = null;

  constructor(orderers: number) {
    const observer = observerOf([]);
    this.cluster = new Cluster({ seed: SEED, orderers }, observer);
    this.teller = new Teller(this.cluster.world);
    const fail = (invariant: string, sentence: string): void => {
      this.#broken ??= `${invariant}: ${sentence}`;
      this.cluster.world.stop();
    };
    const oracles = allOracles(this.cluster, { fail });
    Object.assign(observer, observerOf([this.teller, this.#memory(), ...oracles]));
    this.#client = this.cluster.connectClient('client');
    this.#makeSlow();
    for (const { disk } of this.cluster.nodes) disk.behaviour.meanMs = 0;
    this.timeOutFirst([]);
  }

  #memory(): Partial<Observer> {
    return {
      diskDurable: (node, { channels }) => {
        for (const { last } of channels) this.#durable.set(node, last);
      },
    };
  }

  hasOnDisk(name: string, index: number): boolean {
    return (this.#durable.get(name) ?? 0) >= index;
  }

  get names(): string[] {
    return this.cluster.nodes.map(({ name }) => name);
  }

  node(name: string): SimulatedNode {
    return this.cluster.node(name);
  }

  channel(name: string): Channel {
    const channel = this.node(name).channel(CHANNEL);
    if (channel === undefined) throw new Error(`${name} is down`);
    return channel;
  }

  get leader(): string {
    const name = this.cluster.leader(CHANNEL)?.node.name;
    if (name === undefined) throw new Error('nobody leads');
    return name;
  }

  // Time.

  run(durationMs: number): void {
    this.cluster.world.runFor(durationMs);
    this.#judge();
  }

  until(what: string, condition: () => boolean): void {
    const came = this.cluster.world.runUntil(condition, PATIENCE_MS);
    // What belongs to the same moment is told with it.
    this.cluster.world.runFor(0);
    this.#judge();
    if (!came) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
  }

  #judge(): void {
    if (this.#broken !== null) throw new Error(this.#broken);
  }

  timeOutFirst(names: readonly string[], second: readonly string[] = []): void {
    for (const node of this.cluster.nodes) {
      const isSecond = second.includes(node.name);
      const late = isSecond ? SECOND_TICKS : LATE_TICKS;
      node.electionDelayTicks = names.includes(node.name) ? EARLY_TICKS : late;
    }
  }

  // Network.

  setCut(from: readonly string[], to: readonly string[], isCut: boolean): void {
    for (const one of from) {
      for (const other of to) {
        if (one !== other) this.cluster.network.setCut(one, other, isCut);
      }
    }
  }

  slow(from: readonly string[], to: readonly string[], byMs: number): void {
    for (const one of from) for (const other of to) this.#slower.set(`${one} ${other}`, byMs);
  }

  #makeSlow(): void {
    const { network, world } = this.cluster;
    const carry = network.transmit.bind(network);
    network.transmit = (from, to, isOrderly, arrive) => {
      const byMs = this.#slower.get(`${from} ${to}`);
      if (byMs === undefined) carry(from, to, isOrderly, arrive);
      else world.in(byMs, () => carry(from, to, isOrderly, arrive));
    };
  }

  heal(): void {
    this.cluster.network.heal();
    this.#slower.clear();
  }

  // Everybody.

  /** What the log of every running orderer ends with is committed, and they all know it. */
  get isAgreed(): boolean {
    const views = this.cluster.alive.map((node) => node.view(CHANNEL));
    const [first] = views;
    return views.every(
      (view) =>
        view !== undefined &&
        view.leader !== 0 &&
        view.commit === view.last &&
        view.last === first?.last,
    );
  }

  /**
   * Starts all of them so that `leader` wins the first election, in term 2. The first act of an orderer is to ask for
   * pre-votes; that comes to nothing before the network is there.
   */
  startLedBy(leader: string): void {
    this.setCut(this.names, this.names, true);
    for (const node of this.cluster.nodes) node.start();
    this.run(50);
    this.cluster.network.heal();
    this.timeOutFirst([leader]);
    this.until(`${leader} leads`, () => this.channel(leader).isLeader && this.isAgreed);
    this.run(200);
    this.timeOutFirst([]);
  }

  // Members.

  /** These vote, the others learn. */
  changeVoters(voters: readonly string[]): void {
    const channel = this.channel(this.leader);
    const { config } = channel;
    const wishes = config.members.map((member): MemberWish => {
      const role = voters.includes(member.name) ? 'voter' : 'learner';
      return { ...member, role };
    });
    this.#changedAfter = channel.committedConfigNumber;
    if (channel.proposeConfig(beginMembershipChange(config, wishes))) return;
    throw new Error('the leader does not take the configuration');
  }

  /** Both steps of the last change are in force everywhere. */
  get isChangeMade(): boolean {
    return this.cluster.alive.every(({ name }) => {
      const { number, config } = this.channel(name).configAt;
      return number > this.#changedAfter && config.outgoing.length === 0;
    });
  }

  // Clients.

  submit(wishes: readonly Wish[], to: string): void {
    const [first] = wishes;
    const isAlone = wishes.length === 1;
    const subject = isAlone ? subjects.submitTo(CHANNEL, to) : subjects.batchTo(CHANNEL, to);
    const payload = isAlone ? utf8(first!.text) : frameOf(wishes);
    const headers = { 'Cairn-Timeout-Ms': String(ANSWER_MS), 'Nats-Msg-Id': first!.id };
    for (const { id } of wishes) this.#open.add(id);
    this.#client.request(subject, payload, { timeoutMs: ANSWER_MS, headers }, (outcome) => {
      for (const [at, reply] of repliesTo(outcome, wishes.length).entries()) {
        this.#answered(wishes[at]!.id, reply);
      }
    });
  }

  #answered(id: string, { status, error, duplicate, block, index }: Reply): void {
    const before = duplicate === true ? ' (it was ordered before)' : '';
    const place = `transaction ${index} of block ${block}${before}`;
    this.#open.delete(id);
    this.teller.across(`client: ${id} is ${status === 200 ? place : `refused: ${error?.code}`}`);
  }

  isAnswered(id: string): boolean {
    return !this.#open.has(id);
  }
}

function frameOf(wishes: readonly Wish[]): Uint8Array {
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt32BE(wishes.length, 1);
  const body = wishes.map(({ id, text }) =>
    encodeBodyTransaction({ id: parseTxId(id), payload: utf8(text) }),
  );
  return Buffer.concat([head, ...body]);
}

function repliesTo(outcome: RequestOutcome, count: number): Reply[] {
  const silence = { status: 504, error: { code: outcome.kind } };
  if (outcome.kind !== 'reply') return Array<Reply>(count).fill(silence);
  const lines = (utf8Decode(outcome.message.payload) ?? '').split('\n');
  return lines.map((line) => JSON.parse(line) as Reply);
}
