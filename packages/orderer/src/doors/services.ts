/**
 * The doors of one channel as NATS services.
 *
 * The doors any orderer can answer make one service instance, there as long as the channel is open. `submit` and `batch`
 * make a second one, which exists only while this orderer leads: NATS then sends submissions to the leader by itself,
 * and "no responders" says at once that there is none.
 */
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

export class ChannelDoors {
  readonly #channel: Channel;
  readonly #bus: Bus;
  readonly #clock: DeliverDependencies['clock'];
  readonly #options: ServiceOptions;
  readonly #deliver: DeliverDoor;
  readonly #guard: DeliverDependencies['guard'];
  #readers: Subscription | null;
  #leader: Subscription | null = null;

  constructor(channel: Channel, dependencies: DeliverDependencies, options: ServiceOptions) {
    this.#channel = channel;
    this.#bus = dependencies.bus;
    this.#clock = dependencies.clock;
    this.#guard = dependencies.guard;
    this.#options = options;
    this.#deliver = new DeliverDoor(channel, dependencies);
    const description = 'Cairn: blocks and information of a channel';
    this.#readers = this.#bus.serve(this.#definition(description, this.#readerEndpoints()));
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

  #readerEndpoints(): ServiceEndpoint[] {
    const channel = this.#channel;
    const { name } = channel;
    const { subjects, ordererName } = this.#options;
    const payloadBytesMax = () => this.#bus.payloadBytesMax;
    const fetch: ServiceEndpoint['handle'] = (request) =>
      handleFetch(channel, payloadBytesMax, request);
    const info: ServiceEndpoint['handle'] = (request) =>
      handleInfo(channel, payloadBytesMax, this.#clock.wallMs(), request);
    return [
      { name: 'fetch', subject: subjects.fetch(name), handle: fetch },
      { name: 'fetch-here', subject: subjects.fetchFrom(name, ordererName), handle: fetch },
      { name: 'info', subject: subjects.info(name), handle: info },
      { name: 'info-here', subject: subjects.infoFrom(name, ordererName), handle: info },
      {
        name: 'transaction',
        subject: subjects.transaction(name),
        handle: (request) => handleTransaction(channel, payloadBytesMax, request),
      },
      {
        name: 'deliver',
        subject: subjects.deliver(name),
        handle: (request) => this.#deliver.handle(request),
      },
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
