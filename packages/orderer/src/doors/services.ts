/**
 * The doors of one channel as NATS services.
 *
 * The doors any orderer can answer make one service instance, there as long as the channel is open. `submit` and `batch`
 * make a second one, which exists only while this orderer leads: NATS then sends submissions to the leader by itself,
 * and "no responders" says at once that there is none.
 * Invariant: whoever the applied configuration does not name shares no door with others, for it hears of no new block; it
 * answers under its own name alone, with what it has.
 */
import type { ConfigAt } from '@cairn/ledger';
import type {
  Bus,
  ServiceDefinition,
  ServiceEndpoint,
  ServiceRequest,
  Subjects,
  Subscription,
} from '@cairn/transport';
import type { Channel } from '../channel.ts';
import type { Traces } from '../tracing/traces.ts';
import { type DeliverDependencies, DeliverDoor } from './deliver.ts';
import { handleFetch } from './fetch.ts';
import { handleInfo, handleTransaction } from './info.ts';
import { respondRefusal } from './replies.ts';
import { handleBatch, handleSubmit } from './submit.ts';

export interface ServiceOptions {
  readonly subjects: Subjects;
  readonly ordererName: string;
  readonly version: string;
  readonly traces: Traces;
}

/** For readers of its streams, and those who wait for a block. */
const NO_MEMBER = 'This orderer is no member of the channel any more: its members serve it.';

export class ChannelDoors {
  readonly #channel: Channel;
  readonly #bus: Bus;
  readonly #clock: DeliverDependencies['clock'];
  readonly #options: ServiceOptions;
  readonly #deliver: DeliverDoor;
  readonly #guard: DeliverDependencies['guard'];
  #appliedConfig: ConfigAt;
  #isShared: boolean;
  #readers: Subscription | null;
  #leader: Subscription | null = null;

  constructor(channel: Channel, dependencies: DeliverDependencies, options: ServiceOptions) {
    this.#channel = channel;
    this.#bus = dependencies.bus;
    this.#clock = dependencies.clock;
    this.#guard = dependencies.guard;
    this.#options = options;
    this.#deliver = new DeliverDoor(channel, dependencies);
    this.#appliedConfig = channel.configAt;
    this.#isShared = this.#isNamed;
    this.#readers = this.#serveReaders();
  }

  /** A block was applied: it may be a configuration that names this orderer no more, or again. */
  blockApplied(): void {
    const { configAt } = this.#channel;
    if (configAt === this.#appliedConfig) return;
    this.#appliedConfig = configAt;
    if (this.#readers !== null && this.#isNamed !== this.#isShared) this.#setShared(this.#isNamed);
  }

  /**
   * By name, as the others address it: who was added again hears of new blocks at once, whatever its id was. Who leaves is
   * fed until the end of the change, and may miss that end: so it is asked no more from the beginning of the change on.
   */
  get #isNamed(): boolean {
    const { ordererName } = this.#options;
    return this.#channel.config.members.some(({ name }) => name === ordererName);
  }

  #setShared(isShared: boolean): void {
    this.#isShared = isShared;
    const before = this.#readers;
    // First the new one: at no time does nobody answer under this orderer's name.
    this.#readers = this.#serveReaders();
    before?.close();
    if (isShared) this.#deliver.open();
    else this.#deliver.close(NO_MEMBER);
  }

  #serveReaders(): Subscription {
    const description = 'Cairn: blocks and information of a channel';
    const own = this.#ownEndpoints();
    const endpoints = this.#isShared ? [...this.#sharedEndpoints(), ...own] : own;
    return this.#bus.serve(this.#definition(description, endpoints));
  }

  setLeading(leads: boolean): void {
    if (leads === (this.#leader !== null)) return;
    this.#leader?.close();
    const description = 'Cairn: submissions to a channel, answered by its leader';
    this.#leader = leads
      ? this.#bus.serve(this.#definition(description, this.#leaderEndpoints()))
      : null;
  }

  close(): void {
    this.setLeading(false);
    this.#deliver.close();
    this.#readers?.close();
    this.#readers = null;
  }

  readonly #payloadBytesMax = (): number => this.#bus.payloadBytesMax;

  readonly #fetch = (request: ServiceRequest): void =>
    handleFetch(this.#channel, this.#payloadBytesMax, request);

  /** Who waits here for a block when this orderer leaves may wait for one that the members have. */
  readonly #sharedFetch = (request: ServiceRequest): void =>
    handleFetch(this.#channel, this.#payloadBytesMax, request, () =>
      this.#isShared ? null : NO_MEMBER,
    );

  readonly #info = (request: ServiceRequest): void =>
    handleInfo(this.#channel, this.#payloadBytesMax, this.#clock.wallMs(), request);

  #definition(description: string, endpoints: readonly ServiceEndpoint[]): ServiceDefinition {
    const { ordererName: orderer, version } = this.#options;
    return {
      version,
      description,
      metadata: { channel: this.#channel.name, orderer },
      endpoints: endpoints.map((endpoint) => ({ ...endpoint, handle: this.#guarded(endpoint) })),
    };
  }

  /** What a request meets in damaged data stops this channel, and not the process; whoever asked is told. */
  #guarded({ handle }: ServiceEndpoint): ServiceEndpoint['handle'] {
    return (request) => {
      if (this.#guard(() => handle(request))) return;
      respondRefusal(request, this.#channel.identity, 'INTERNAL');
    };
  }

  /** What any member can answer, and one of them does. */
  #sharedEndpoints(): ServiceEndpoint[] {
    const channel = this.#channel;
    const { name } = channel;
    const { subjects } = this.#options;
    return [
      { name: 'fetch', subject: subjects.fetch(name), handle: this.#sharedFetch },
      { name: 'info', subject: subjects.info(name), handle: this.#info },
      {
        name: 'transaction',
        subject: subjects.transaction(name),
        handle: (request) => handleTransaction(channel, this.#payloadBytesMax, request),
      },
      {
        name: 'deliver',
        subject: subjects.deliver(name),
        handle: (request) => this.#deliver.handle(request),
      },
    ];
  }

  /** What this orderer is asked by its name. */
  #ownEndpoints(): ServiceEndpoint[] {
    const { name } = this.#channel;
    const { subjects, ordererName } = this.#options;
    return [
      { name: 'fetch-here', subject: subjects.fetchFrom(name, ordererName), handle: this.#fetch },
      { name: 'info-here', subject: subjects.infoFrom(name, ordererName), handle: this.#info },
      {
        name: 'submit-here',
        subject: subjects.submitTo(name, ordererName),
        handle: this.#followed(handleSubmit),
      },
      {
        name: 'batch-here',
        subject: subjects.batchTo(name, ordererName),
        handle: this.#followed(handleBatch),
      },
    ];
  }

  #leaderEndpoints(): ServiceEndpoint[] {
    const { name } = this.#channel;
    const { subjects } = this.#options;
    return [
      {
        name: 'submit',
        subject: subjects.submit(name),
        handle: this.#followed(handleSubmit),
      },
      {
        name: 'batch',
        subject: subjects.batch(name),
        handle: this.#followed(handleBatch),
      },
    ];
  }

  /** What belongs to a trace is told in the log. */
  #followed(
    handle: (channel: Channel, request: ServiceRequest) => void,
  ): ServiceEndpoint['handle'] {
    const channel = this.#channel;
    const { traces } = this.#options;
    return (request) => handle(channel, traces.follow(channel, request));
  }
}
