/**
 * A bus inside one process: what NATS does, decided by the caller.
 *
 * Deterministic: no clock, no chance and no order of its own. Every delivery is handed to `schedule`, which may run it
 * now or later, twice, or never; that is the whole network of the simulator. Otherwise as NATS: queue groups, wildcards,
 * answers for subjects that nobody serves, permissions that only report, nothing buffered across a disconnect.
 */
import type {
  Bus,
  BusMessage,
  Cancellable,
  HeaderRecord,
  PublishOptions,
  RequestOptions,
  RequestOutcome,
  ServiceDefinition,
  SubscribeOptions,
  Subscription,
} from './bus.ts';
import type { DropReason } from './drops.ts';
import type { SubjectPermissions } from './permissions.ts';
import {
  type BusCore,
  type CoreSubscription,
  createRequestMux,
  type RequestMux,
} from './request-mux.ts';
import { startService } from './services.ts';
import { assertSubject, headerBytesOf, matchesSubject, SubjectTable } from './subject-table.ts';
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
  readonly setTimer: (delayMs: number, fire: () => void) => Cancellable;
  readonly nowMs: () => number;
  /** Which of `count` members of a queue group gets the message. Default: in turn. */
  readonly choose?: (count: number) => number;
  /** Default 1 MiB, as nats-server. */
  readonly payloadBytesMax?: number;
}

export interface MemoryConnectOptions {
  readonly name: string;
  /** Default: everything is allowed. */
  readonly permissions?: SubjectPermissions;
  readonly inboxPrefix?: string;
  readonly onDropped?: (reason: DropReason) => void;
  readonly onError?: (text: string) => void;
}

/** A bus whose connection the test cuts and restores. */
export interface MemoryBus extends Bus {
  disconnect(): void;
  reconnect(): void;
}

interface OutgoingMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly reply: string | null;
  readonly headers: HeaderRecord;
}

interface Interest {
  readonly owner: MemoryConnection;
  readonly queue: string | null;
  /** False once closed; a drained subscription still takes what is on its way. */
  isOpen: boolean;
  readonly handle: (message: BusMessage) => void;
}

/** What a connection sees of the broker. */
interface Router {
  readonly options: MemoryBrokerOptions;
  readonly payloadBytesMax: number;
  nextNumber(): number;
  register(subject: string, interest: Interest): () => void;
  route(from: MemoryConnection, message: OutgoingMessage): void;
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
      options: this.options,
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
    const interests = this.interests.find(message.subject);
    const receivers = [
      ...interests.filter((interest) => interest.queue === null),
      ...this.queueReceivers(message.subject, interests),
    ];
    for (const receiver of receivers) this.deliver(from.name, receiver, message);
    if (receivers.length === 0 && message.reply !== null) this.sayNoResponders(from, message.reply);
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
        if (receiver.isOpen && owner.isAlive(epoch)) receiver.handle(messageOf(message));
      },
      { from, to: owner.name, subject, payloadBytes: payload.length },
    );
  }
}

/** A copy for each receiver: it owns what it gets. */
function messageOf(message: OutgoingMessage): BusMessage {
  return {
    subject: message.subject,
    payload: new Uint8Array(message.payload),
    reply: message.reply,
    header: (name) => (Object.hasOwn(message.headers, name) ? message.headers[name] : undefined),
  };
}

class MemoryConnection implements MemoryBus {
  readonly name: string;
  /** Counts connections: what was on its way to an earlier one is lost. */
  epoch = 0;
  private readonly options: MemoryConnectOptions;
  private readonly router: Router;
  private readonly core: BusCore;
  private readonly mux: RequestMux;
  private readonly registrations = new Map<Interest, { subject: string; remove: () => void }>();
  private readonly answerable = new Set<string>();
  private readonly listeners: ((connected: boolean) => void)[] = [];
  private state: 'connected' | 'disconnected' | 'closed' = 'connected';

  constructor(options: MemoryConnectOptions, router: Router) {
    this.name = options.name;
    this.options = options;
    this.router = router;
    this.core = this.createCore();
    this.mux = createRequestMux(this.core);
  }

  get connected(): boolean {
    return this.state === 'connected';
  }

  get payloadBytesMax(): number {
    return this.router.payloadBytesMax;
  }

  isAlive(epoch: number): boolean {
    return this.connected && this.epoch === epoch;
  }

  publish(subject: string, payload: Uint8Array, options: PublishOptions = {}): boolean {
    assertSubject(subject);
    const { reply = null, headers = {} } = options;
    const obstacle = this.obstacleTo(payload.length + headerBytesOf(options.headers));
    if (obstacle !== null) {
      this.options.onDropped?.(obstacle);
      return false;
    }
    if (this.mayPublish(subject)) {
      this.router.route(this, { subject, payload: new Uint8Array(payload), reply, headers });
    } else {
      this.options.onError?.(`permissions violation: publish to ${subject}`);
    }
    return true;
  }

  private obstacleTo(bytes: number): DropReason | null {
    if (!this.connected) return 'disconnected';
    return bytes > this.payloadBytesMax ? 'tooLarge' : null;
  }

  private mayPublish(subject: string): boolean {
    const { permissions } = this.options;
    if (permissions === undefined || isAllowed(permissions.publish, subject)) return true;
    return permissions.allowResponses && this.answerable.delete(subject);
  }

  /** A message with this reply subject is coming: one answer to it is allowed. */
  noteReply(reply: string | null): void {
    if (reply !== null && this.options.permissions?.allowResponses) this.answerable.add(reply);
  }

  subscribe(
    subject: string,
    handle: (message: BusMessage) => void,
    options: SubscribeOptions = {},
  ): Subscription {
    return this.core.subscribe(subject, handle, options.queue ?? null);
  }

  request(
    subject: string,
    payload: Uint8Array,
    options: RequestOptions,
    done: (outcome: RequestOutcome) => void,
  ): Cancellable {
    return this.mux.request(subject, payload, options, done);
  }

  serve(definition: ServiceDefinition): Subscription {
    return startService(this.core, `${this.name}-${this.router.nextNumber()}`, definition);
  }

  createInbox(): string {
    return `${this.options.inboxPrefix ?? '_INBOX'}.${this.name}-${this.router.nextNumber()}`;
  }

  flush(): void {
    // Nothing waits here: what was published is with the broker.
  }

  onConnectionChange(handle: (connected: boolean) => void): void {
    this.listeners.push(handle);
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return;
    this.disconnect();
    this.state = 'closed';
    this.registrations.clear();
  }

  disconnect(): void {
    if (this.state !== 'connected') return;
    this.state = 'disconnected';
    this.epoch += 1;
    this.answerable.clear();
    for (const registration of this.registrations.values()) registration.remove();
    this.mux.disconnected();
    this.announce();
  }

  reconnect(): void {
    if (this.state !== 'disconnected') return;
    this.state = 'connected';
    for (const [interest, registration] of this.registrations) {
      registration.remove = this.router.register(registration.subject, interest);
    }
    this.announce();
  }

  private announce(): void {
    for (const listener of this.listeners) listener(this.connected);
  }

  private createCore(): BusCore {
    const { setTimer, nowMs } = this.router.options;
    return {
      publish: (subject, payload, options) => this.publish(subject, payload, options),
      subscribe: (subject, handle, queue) => this.subscribeCore(subject, handle, queue),
      createInbox: () => this.createInbox(),
      setTimer,
      defer: (run) => {
        setTimer(0, run);
      },
      nowMs,
    };
  }

  private subscribeCore(
    subject: string,
    handle: (message: BusMessage) => void,
    queue: string | null,
  ): CoreSubscription {
    assertSubject(subject);
    const interest: Interest = { owner: this, queue, isOpen: true, handle };
    if (!this.maySubscribe(subject)) {
      this.options.onError?.(`permissions violation: subscription to ${subject}`);
      return { close() {}, drain() {} };
    }
    const register = () => this.router.register(subject, interest);
    const remove = this.connected ? register() : () => {};
    if (this.state !== 'closed') this.registrations.set(interest, { subject, remove });
    const drain = () => {
      this.registrations.get(interest)?.remove();
      this.registrations.delete(interest);
    };
    const close = () => {
      interest.isOpen = false;
      drain();
    };
    return { close, drain };
  }

  private maySubscribe(subject: string): boolean {
    const { permissions } = this.options;
    return permissions === undefined || isAllowed(permissions.subscribe, subject);
  }
}

/** As nats-server: a subscription to a pattern is allowed where an allowed pattern covers all of it. */
function isAllowed(patterns: readonly string[], subject: string): boolean {
  return patterns.some((pattern) => matchesSubject(pattern, subject));
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
