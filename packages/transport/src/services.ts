/**
 * NATS services (ADR-32) on any bus: discovery, statistics, queue groups, error headers.
 *
 * Ours and not the client library's, because there an answer with an error is not counted as one, the time until an
 * answer is not measured when it comes later, endpoints cannot be opened within the call, and the memory bus needs the
 * same service anyway. What stock tools see is the same; a test asks it with the library's own service client.
 * Invariants: a stopped service still hands over what was delivered to it before; an answer goes to an inbox and
 * nowhere else, so that nobody can make an orderer publish on a subject of their choice.
 */
import type {
  BusMessage,
  HeaderRecord,
  ServiceDefinition,
  ServiceEndpoint,
  ServiceRequest,
  Subscription,
} from './bus.ts';
import type { BusCore, CoreSubscription } from './request-mux.ts';
import { headerNames } from './subjects.ts';

export const serviceName = 'cairn';
export const serviceQueue = 'q';

const verbs = ['PING', 'INFO', 'STATS'] as const;
type Verb = (typeof verbs)[number];

/** Users' inboxes, and the reply subjects of service imports between NATS accounts. */
const userInboxes = '_INBOX.';
const importedReplies = '_R_.';

interface EndpointStatistics {
  requests: number;
  errors: number;
  lastError: string;
  processingNs: number;
}

interface RunningEndpoint {
  readonly endpoint: ServiceEndpoint;
  readonly statistics: EndpointStatistics;
}

interface RunningService {
  readonly id: string;
  readonly started: string;
  readonly definition: ServiceDefinition;
  readonly endpoints: readonly RunningEndpoint[];
}

/** `id` is the instance's name in discovery: unique, one token. */
export function startService(
  core: BusCore,
  id: string,
  definition: ServiceDefinition,
): Subscription {
  const service: RunningService = {
    id,
    definition,
    started: new Date(core.nowMs()).toISOString(),
    endpoints: definition.endpoints.map((endpoint) => ({
      endpoint,
      statistics: { requests: 0, errors: 0, lastError: '', processingNs: 0 },
    })),
  };
  const subscriptions = [
    ...verbs.flatMap((verb) => subscribeVerb(core, service, verb)),
    ...service.endpoints.map((running) => subscribeEndpoint(core, running)),
  ];
  return {
    close() {
      for (const subscription of subscriptions) subscription.drain();
    },
  };
}

function subscribeVerb(
  core: BusCore,
  service: RunningService,
  verb: Verb,
): readonly CoreSubscription[] {
  const answer = (message: BusMessage) => {
    if (!isAnswerable(message.reply)) return;
    core.publish(message.reply, new TextEncoder().encode(JSON.stringify(describe(service, verb))));
  };
  const subject = `$SRV.${verb}`;
  return [subject, `${subject}.${serviceName}`, `${subject}.${serviceName}.${service.id}`].map(
    (name) => core.subscribe(name, answer, null),
  );
}

function describe(service: RunningService, verb: Verb): Readonly<Record<string, unknown>> {
  const { version, metadata, description } = service.definition;
  const identity = { name: serviceName, id: service.id, version, metadata };
  switch (verb) {
    case 'PING':
      return { type: 'io.nats.micro.v1.ping_response', ...identity };
    case 'INFO':
      return {
        type: 'io.nats.micro.v1.info_response',
        ...identity,
        description,
        endpoints: service.endpoints.map(describeEndpoint),
      };
    case 'STATS':
      return {
        type: 'io.nats.micro.v1.stats_response',
        ...identity,
        started: service.started,
        endpoints: service.endpoints.map(describeStatistics),
      };
  }
}

function describeEndpoint({ endpoint }: RunningEndpoint): Readonly<Record<string, unknown>> {
  const { name, subject, metadata } = endpoint;
  return { name, subject, queue_group: serviceQueue, ...(metadata !== undefined && { metadata }) };
}

function describeStatistics(running: RunningEndpoint): Readonly<Record<string, unknown>> {
  const { requests, errors, lastError, processingNs } = running.statistics;
  return {
    name: running.endpoint.name,
    subject: running.endpoint.subject,
    queue_group: serviceQueue,
    num_requests: requests,
    num_errors: errors,
    last_error: lastError,
    processing_time: processingNs,
    average_processing_time: requests === 0 ? 0 : Math.round(processingNs / requests),
  };
}

function subscribeEndpoint(core: BusCore, running: RunningEndpoint): CoreSubscription {
  const { endpoint, statistics } = running;
  const accept = (message: BusMessage) => {
    statistics.requests += 1;
    if (message.reply !== null && !isAnswerable(message.reply)) {
      countError(statistics, `the reply subject ${message.reply} is not an inbox`);
      return;
    }
    endpoint.handle(new Request(core, statistics, message));
  };
  return core.subscribe(endpoint.subject, accept, serviceQueue);
}

function isAnswerable(reply: string | null): reply is string {
  return reply !== null && (reply.startsWith(userInboxes) || reply.startsWith(importedReplies));
}

function countError(statistics: EndpointStatistics, message: string): void {
  statistics.errors += 1;
  statistics.lastError = message;
}

/** A class: made for each request, its methods are not. */
class Request implements ServiceRequest {
  readonly reply: string | null;
  readonly #core: BusCore;
  readonly #statistics: EndpointStatistics;
  readonly #startedMs: number;
  /** Null once released. */
  #message: BusMessage | null;

  constructor(core: BusCore, statistics: EndpointStatistics, message: BusMessage) {
    this.reply = message.reply;
    this.#core = core;
    this.#statistics = statistics;
    this.#message = message;
    this.#startedMs = core.nowMs();
  }

  get #received(): BusMessage {
    if (this.#message === null) throw new Error('a released request is read no more');
    return this.#message;
  }

  get subject(): string {
    return this.#received.subject;
  }

  get payload(): Uint8Array {
    return this.#received.payload;
  }

  header(name: string): string | undefined {
    return this.#received.header(name);
  }

  release(): void {
    this.#message = null;
  }

  respond(payload: Uint8Array, headers?: HeaderRecord): void {
    const tookMs = this.#core.nowMs() - this.#startedMs;
    this.#statistics.processingNs += Math.round(tookMs * 1e6);
    if (this.reply === null) return;
    this.#core.publish(this.reply, payload, headers === undefined ? {} : { headers });
  }

  respondError(status: number, text: string, payload: Uint8Array, headers?: HeaderRecord): void {
    const oneLine = text.replaceAll(/[\r\n]+/g, ' ');
    countError(this.#statistics, oneLine);
    this.respond(payload, {
      ...headers,
      [headerNames.errorCode]: String(status),
      [headerNames.error]: oneLine,
    });
  }
}
