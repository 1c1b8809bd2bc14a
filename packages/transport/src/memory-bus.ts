/**
 * A broker inside one process: what NATS does, decided by the caller.
 *
 * Deterministic: no clock, no chance and no order of its own. Every delivery is handed to `schedule`, which may run it
 * now or later, twice, or never; that is the whole network of the simulator. Otherwise as NATS: queue groups, wildcards,
 * answers for subjects that nobody serves, permissions that only report, nothing buffered across a disconnect.
 */
import type { BusMessage, HeaderRecord } from './bus.ts';
import {
  type Interest,
  type MemoryBus,
  MemoryConnection,
  type MemoryConnectOptions,
  type OutgoingMessage,
  type Router,
} from './memory-connection.ts';
import type { BusCore } from './request-mux.ts';
import { copyOf } from './small-copies.ts';
import { SubjectTable } from './subject-table.ts';
import { headerNames } from './subjects.ts';

/** One message on its way to one receiver. */
export interface MemoryDelivery {
  /** The connection names given to `connect`; `null`: the broker itself. */
  readonly from: string | null;
  readonly to: string;
  readonly subject: string;
  readonly payloadBytes: number;
}

export interface MemoryBrokerOptions {
  /** Must run `deliver` in the order of the calls, per sender and receiver, to be as orderly as NATS. */
  readonly schedule: (deliver: () => void, delivery: MemoryDelivery) => void;
  readonly setTimer: BusCore['setTimer'];
  readonly nowMs: BusCore['nowMs'];
  /** Which of `count` members of a queue group gets the message. Default: in turn. */
  readonly choose?: (count: number) => number;
  /** Default 1 MiB, as nats-server. */
  readonly payloadBytesMax?: number;
}

const payloadBytesMaxDefault = 1024 * 1024;

export class MemoryBroker {
  private readonly options: MemoryBrokerOptions;
  private readonly interests = new SubjectTable<Interest>();
  private readonly turns = new Map<string, number>();
  private readonly connections = new Set<MemoryConnection>();
  private numbers = 0;

  constructor(options: MemoryBrokerOptions) {
    this.options = options;
  }

  connect(options: MemoryConnectOptions): MemoryBus {
    const connection = new MemoryConnection(options, this.createRouter());
    this.connections.add(connection);
    return connection;
  }

  /** The server goes away: everybody is disconnected. */
  stop(): void {
    for (const connection of this.connections) connection.disconnect();
  }

  /** The server is back: everybody who has not closed connects again. */
  start(): void {
    for (const connection of this.connections) connection.reconnect();
  }

  private createRouter(): Router {
    return {
      setTimer: this.options.setTimer,
      nowMs: this.options.nowMs,
      payloadBytesMax: this.options.payloadBytesMax ?? payloadBytesMaxDefault,
      nextNumber: () => {
        this.numbers += 1;
        return this.numbers;
      },
      register: (subject, interest) => this.interests.add(subject, interest),
      route: (from, message) => this.route(from, message),
    };
  }

  private route(from: MemoryConnection, message: OutgoingMessage): void {
    const receivers = this.receiversOf(message.subject);
    for (const receiver of receivers) this.deliver(from.name, receiver, message);
    if (receivers.length === 0 && message.reply !== null) this.sayNoResponders(from, message.reply);
  }

  private receiversOf(subject: string): readonly Interest[] {
    const interests = this.interests.find(subject);
    // Mostly nobody shares the work, or there is one.
    if (interests.length === 1 || interests.every(({ queue }) => queue === null)) return interests;
    return [
      ...interests.filter((interest) => interest.queue === null),
      ...this.queueReceivers(subject, interests),
    ];
  }

  private queueReceivers(subject: string, interests: readonly Interest[]): readonly Interest[] {
    const groups = new Map<string, Interest[]>();
    for (const interest of interests) {
      if (interest.queue === null) continue;
      const group = groups.get(interest.queue) ?? [];
      groups.set(interest.queue, group);
      group.push(interest);
    }
    return [...groups].flatMap(([queue, group]) => {
      const chosen = group[this.chooseOf(`${queue} ${subject}`, group.length)];
      return chosen === undefined ? [] : [chosen];
    });
  }

  private chooseOf(group: string, count: number): number {
    if (this.options.choose !== undefined) return this.options.choose(count);
    const turn = this.turns.get(group) ?? 0;
    this.turns.set(group, turn + 1);
    return turn % count;
  }

  /** As NATS: an empty message with status 503 to the one who asked, and to nobody else. */
  private sayNoResponders(asker: MemoryConnection, reply: string): void {
    const answer: OutgoingMessage = {
      subject: reply,
      payload: new Uint8Array(0),
      reply: null,
      headers: { [headerNames.status]: '503' },
    };
    for (const interest of this.interests.find(reply)) {
      if (interest.owner === asker) this.deliver(null, interest, answer);
    }
  }

  private deliver(from: string | null, receiver: Interest, message: OutgoingMessage): void {
    const { owner } = receiver;
    const { epoch } = owner;
    const { subject, payload } = message;
    owner.noteReply(message.reply);
    this.options.schedule(
      () => {
        if (receiver.isOpen && owner.isAlive(epoch)) receiver.handle(new Received(message));
      },
      { from, to: owner.name, subject, payloadBytes: payload.length },
    );
  }
}

/** A copy for each receiver: it owns what it gets. */
class Received implements BusMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly reply: string | null;
  readonly #headers: HeaderRecord;

  constructor({ subject, payload, reply, headers }: OutgoingMessage) {
    this.subject = subject;
    this.payload = copyOf(payload);
    this.reply = reply;
    this.#headers = headers;
  }

  header(name: string): string | undefined {
    return Object.hasOwn(this.#headers, name) ? this.#headers[name] : undefined;
  }
}

/** A broker for tests in real time: microtasks in order, real timers. */
export function createMemoryBroker(options: Partial<MemoryBrokerOptions> = {}): MemoryBroker {
  return new MemoryBroker({
    schedule: (deliver) => queueMicrotask(deliver),
    setTimer(delayMs, fire) {
      const timer = setTimeout(fire, delayMs);
      return { cancel: () => clearTimeout(timer) };
    },
    nowMs: () => performance.timeOrigin + performance.now(),
    ...options,
  });
}
