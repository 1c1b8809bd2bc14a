/**
 * The route that writes: one transaction. Whatever can be judged here is judged here, so that bad input is told apart
 * from a channel without a leader.
 */
import {
  checkClientTxId,
  isName,
  LedgerError,
  TRANSACTION_BYTES_MAX,
  txIdUuidV7,
} from '@cairn/ledger';
import {
  contentTypes,
  type HeaderRecord,
  headerNames,
  type Refusal,
  refusal,
} from '@cairn/transport';
import { z } from 'zod';
import { authorshipOf } from '../doors/authorship.ts';
import { timeoutMsOf } from '../doors/request-options.ts';
import { parseTraceparent, type Trace, traceFields, tracestateOf } from '../tracing/traceparent.ts';
import type { DoorContext } from './door-context.ts';
import { channelParameter, timeoutParameter } from './parameters.ts';
import { channelNotFound, type Relay } from './relay.ts';
import { jsonText, refuse } from './replies.ts';
import type { Route, RouteRequest } from './route.ts';
import { receiptSchema } from './schemas.ts';
import { relaySubmission, type Submission, type SubmissionOutcome } from './submission.ts';

/** What the largest transaction of any channel may take; the leader knows the limit of its own. */
const BODY_BYTES_MAX = TRANSACTION_BYTES_MAX;
/** What the headers of the NATS message may take of its size. */
const HEADER_BYTES_MAX = 2 * 1024;

/** The rest of the body is in the way of the next request on this connection. */
const LEFT_UNREAD = { Connection: 'close' };

const authorHeaders = [headerNames.author, headerNames.signature] as const;

export const submitRoute: Route = {
  method: 'POST',
  path: '/v1/channels/{channel}/transactions',
  operationId: 'submitTransaction',
  summary: 'Submit one transaction; the answer comes once it is committed.',
  parameters: [
    channelParameter,
    {
      name: 'Idempotency-Key',
      in: 'header',
      description:
        'The id of the transaction: 1 to 64 printable ASCII characters without spaces. Submitting again under the same id is always safe. Without it, one is made.',
      schema: z.string().optional(),
    },
    timeoutParameter,
    {
      name: headerNames.author,
      in: 'header',
      description: 'Public key of the author, with Cairn-Signature.',
      schema: z.string().optional(),
    },
    {
      name: headerNames.signature,
      in: 'header',
      description: "The author's signature in hexadecimal, with Cairn-Author.",
      schema: z.string().optional(),
    },
    {
      name: headerNames.traceparent,
      in: 'header',
      description:
        'W3C Trace Context: the trace appears in the logs of the orderers. An invalid value is ignored.',
      schema: z.string().optional(),
    },
  ],
  body: 'The payload: any bytes, at least one.',
  answer: {
    description: 'The receipt: a majority of voters has the transaction on disk.',
    content: { [contentTypes.json]: receiptSchema },
  },
  refusals: [400, 404, 409, 413, 429, 503, 504],
  handle: submit,
};

async function submit(door: DoorContext, request: RouteRequest): Promise<Response> {
  const { relay } = door;
  const payload = await request.body(BODY_BYTES_MAX);
  if (payload === null) return refuse(refusal('TRANSACTION_TOO_LARGE'), LEFT_UNREAD);
  const submission = readSubmission(relay, request, payload);
  if ('error' in submission) return refuse(submission);
  const trace = parseTraceparent(request.header(headerNames.traceparent));
  const traced = trace === null ? submission : withTrace(submission, trace, request);
  const outcome = await relaySubmission(relay, traced, request.signal);
  if (trace !== null) logRelayed(door, trace, submission, outcome);
  return outcome.kind === 'receipt' ? jsonText(200, outcome.text) : refuse(outcome.refusal);
}

function readSubmission(
  relay: Relay,
  request: RouteRequest,
  payload: Uint8Array,
): Submission | Refusal {
  const channel = request.path('channel');
  const timeoutMs = timeoutMsOf(request);
  const headers = authorshipHeaders(request);
  const id = idOf(relay, request);
  if (!isName(channel)) return channelNotFound(channel);
  if (payload.length === 0) return refusal('EMPTY_TRANSACTION', { channel });
  if (payload.length + HEADER_BYTES_MAX > relay.bus.payloadBytesMax) {
    return refusal('TRANSACTION_TOO_LARGE', { channel });
  }
  if (typeof id !== 'string') return id;
  if (timeoutMs === null) return badHeader('Cairn-Timeout-Ms is a whole number of milliseconds.');
  if ('error' in headers) return headers as Refusal;
  return { channel, id, payload, timeoutMs, headers: headers as HeaderRecord };
}

function idOf({ clock, random }: Relay, request: RouteRequest): string | Refusal {
  const text = request.header('Idempotency-Key');
  if (text === undefined) return txIdUuidV7(clock.wallMs(), random.bytes(10));
  const id = checkClientTxId(text);
  if (!(id instanceof LedgerError)) return id;
  const code = id.code === 'RESERVED_ID' ? 'RESERVED_ID' : 'BAD_ID';
  return refusal(code, { message: `Idempotency-Key: ${id.message}.` });
}

function authorshipHeaders(request: RouteRequest): HeaderRecord | Refusal {
  const authorship = authorshipOf(request);
  if (authorship !== null && 'code' in authorship) return badHeader(authorship.message);
  return Object.fromEntries(
    authorHeaders.flatMap((name) => {
      const value = request.header(name) ?? '';
      return value === '' ? [] : [[name, value]];
    }),
  );
}

function withTrace(submission: Submission, trace: Trace, request: RouteRequest): Submission {
  const state = tracestateOf(request.header(headerNames.tracestate));
  const headers = {
    ...submission.headers,
    [headerNames.traceparent]: trace.traceparent,
    ...(state !== null && { [headerNames.tracestate]: state }),
  };
  return { ...submission, headers };
}

function logRelayed(
  { log }: DoorContext,
  trace: Trace,
  { channel, id }: Submission,
  outcome: SubmissionOutcome,
): void {
  const ending =
    outcome.kind === 'receipt' ? 'committed' : `refused with ${outcome.refusal.error.code}`;
  const fields = { channel, id, ...traceFields(trace) };
  const level = trace.isSampled ? 'info' : 'debug';
  log[level](fields, `HTTP door: relayed a traced submission, ${ending}`);
}

function badHeader(message: string): Refusal {
  return refusal('BAD_HEADER', { message });
}
