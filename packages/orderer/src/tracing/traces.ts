/**
 * Log lines about the requests of a trace, on every orderer that had to do with them.
 *
 *   the one that is asked   "Received ...", and "Answered ..." with the block and the time it took (or the refusal)
 *   the other members       "Block [n] holds ...", once they have the block, because the leader tells them
 *
 * Without the header nothing happens but one look for it per request, a frame of many transactions included. The sampled
 * flag is heeded: what is not sampled is written at debug, and the other members do not hear of it.
 */
import { utf8Decode } from '@cairn/ledger';
import { headerNames, type ServiceRequest } from '@cairn/transport';
import type { Channel } from '../channel.ts';
import type { Log } from '../telemetry.ts';
import type { TraceNotice } from './trace-notice.ts';
import { parseTraceparent, type Trace, traceFields } from './traceparent.ts';

export interface TracesDependencies {
  logOf(channel: Channel): Log;
  monotonicMs(): number;
  /** Tells the other members of the channel. */
  tell(channel: Channel, notice: TraceNotice): void;
}

/** How long a member waits for a block it was told of. */
const WAIT_MS = 10_000;
/** Blocks waited for at a time, of all channels: a flood of notices must not become a heap of timers. */
const WAITING_MAX = 1_000;

interface Outcome {
  readonly committed: number;
  readonly refused: readonly string[];
  readonly blocks: readonly number[];
}

export class Traces {
  readonly #dependencies: TracesDependencies;
  #waiting = 0;

  constructor(dependencies: TracesDependencies) {
    this.#dependencies = dependencies;
  }

  /** The request itself if it belongs to no trace; otherwise one that says in the log how it is answered. */
  follow(channel: Channel, request: ServiceRequest): ServiceRequest {
    const trace = parseTraceparent(request.header(headerNames.traceparent));
    if (trace === null) return request;
    const startedMs = this.#dependencies.monotonicMs();
    this.#write(channel, trace, {}, 'Received a traced submission');
    return answering(request, (payload) => this.#answered(channel, trace, payload, startedMs));
  }

  #answered(channel: Channel, trace: Trace, payload: Uint8Array, startedMs: number): void {
    const outcome = outcomeOf(utf8Decode(payload) ?? '');
    const tookMs = Math.round(this.#dependencies.monotonicMs() - startedMs);
    this.#write(channel, trace, { ...outcome, tookMs }, sentenceOf(outcome));
    if (!trace.isSampled) return;
    const { channelId } = channel;
    for (const block of outcome.blocks) {
      this.#dependencies.tell(channel, { channelId, block, trace });
    }
  }

  /** Another member, which leads, has ordered something of a trace. */
  heard(channel: Channel, { block, trace }: TraceNotice): void {
    if (this.#waiting >= WAITING_MAX) return;
    this.#waiting += 1;
    channel.reader.whenVisible(block, WAIT_MS, (isHere) => {
      this.#waiting -= 1;
      const ending = isHere ? '' : ', and is not here yet';
      this.#write(
        channel,
        trace,
        { block },
        `Block [${block}] holds a traced transaction${ending}`,
      );
    });
  }

  #write(channel: Channel, trace: Trace, fields: Readonly<Record<string, unknown>>, text: string) {
    const level = trace.isSampled ? 'info' : 'debug';
    const log = this.#dependencies.logOf(channel);
    log[level]({ term: channel.term, ...traceFields(trace), ...fields }, text);
  }
}

function answering(
  request: ServiceRequest,
  answered: (payload: Uint8Array) => void,
): ServiceRequest {
  return {
    get subject() {
      return request.subject;
    },
    get payload() {
      return request.payload;
    },
    reply: request.reply,
    header: (name) => request.header(name),
    release: () => request.release(),
    respond: (payload, headers) => {
      request.respond(payload, headers);
      answered(payload);
    },
    respondError: (status, message, payload, headers) => {
      request.respondError(status, message, payload, headers);
      answered(payload);
    },
  };
}

interface AnswerLine {
  readonly status?: number;
  readonly block?: number;
  readonly error?: { readonly code?: string };
}

/** From the lines of an answer: receipts and refusals. What cannot be read is left out: a log line must break nothing. */
function outcomeOf(text: string): Outcome {
  const lines = text.split('\n').map(answerLineIn);
  const blocks = lines.flatMap(({ block }) => (block === undefined ? [] : [block]));
  const codes = lines.flatMap(({ error }) => (error?.code === undefined ? [] : [error.code]));
  return {
    committed: blocks.length,
    refused: [...new Set(codes)],
    blocks: [...new Set(blocks)],
  };
}

function answerLineIn(line: string): AnswerLine {
  try {
    return JSON.parse(line) as AnswerLine;
  } catch {
    return {};
  }
}

function sentenceOf({ committed, refused, blocks }: Outcome): string {
  const places = blocks.map((block) => `[${block}]`).join(', ');
  const done = `committed ${committed} in block ${places}`;
  const not = `refused with ${refused.join(', ')}`;
  const parts = [...(committed > 0 ? [done] : []), ...(refused.length > 0 ? [not] : [])];
  return `Answered a traced submission: ${parts.join('; ')}`;
}
