/**
 * The routes that read blocks: one, a page, and events as they are made.
 */
import { parseBlockNumberText } from '@cairn/ledger';
import { contentTypes } from '@cairn/transport';
import { parseAccept } from 'hono/utils/accept';
import { z } from 'zod';
import { waitMsOf } from '../doors/request-options.ts';
import { type FetchedBlock, fetchBytes, fetchJson } from './block-fetch.ts';
import { fetchPage, PAGE_BLOCKS_MAX } from './block-pages.ts';
import { BlockStream } from './block-stream.ts';
import { cacheFields, hasTag } from './caching.ts';
import type { DoorContext } from './door-context.ts';
import { eventStreamResponse } from './event-stream.ts';
import { askInfo } from './info-routes.ts';
import { channelParameter, waitParameter } from './parameters.ts';
import { jsonText, refuse, refuseWith } from './replies.ts';
import type { Route, RouteParameter, RouteRequest } from './route.ts';
import { blockReplySchema, pageSchema } from './schemas.ts';

const blockName = z.union([z.enum(['newest', 'oldest', 'config']), z.int().min(0)]);

export const blockRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/channels/{channel}/blocks/{block}',
    operationId: 'getBlock',
    summary: 'One block, as JSON or as canonical bytes.',
    parameters: [
      channelParameter,
      waitParameter,
      {
        name: 'block',
        in: 'path',
        description: 'A number, or newest, oldest or config (the newest config block).',
        schema: blockName,
      },
    ],
    body: null,
    answer: {
      description: 'The block. A committed block never changes: its ETag is its hash.',
      content: { [contentTypes.json]: blockReplySchema, [contentTypes.bytes]: null },
    },
    refusals: [400, 404, 503],
    handle: getBlock,
  },
  {
    method: 'GET',
    path: '/v1/channels/{channel}/blocks',
    operationId: 'getBlocks',
    summary: `A run of blocks, at most ${PAGE_BLOCKS_MAX} or 8 MiB.`,
    parameters: [
      channelParameter,
      numberParameter('from', 'The first number; 0 without it.'),
      numberParameter('to', 'The last number; the newest without it.'),
    ],
    body: null,
    answer: {
      description: 'The blocks, and where the next page begins.',
      content: { [contentTypes.json]: pageSchema },
    },
    refusals: [400, 404, 503],
    handle: getBlocks,
  },
  {
    method: 'GET',
    path: '/v1/channels/{channel}/events',
    operationId: 'followEvents',
    summary: 'Each new block without its transactions, as Server-Sent Events.',
    parameters: [
      channelParameter,
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'Number of the last event seen; the stream goes on after it and skips none.',
        schema: z.int().min(0).optional(),
      },
    ],
    body: null,
    answer: {
      description: 'Event `block`, id the number of the block, data its JSON.',
      content: { 'text/event-stream': null },
    },
    refusals: [400, 404, 503],
    handle: getEvents,
  },
];

function numberParameter(name: string, description: string): RouteParameter {
  return { name, in: 'query', description, schema: z.int().min(0).optional() };
}

async function getBlock({ relay }: DoorContext, request: RouteRequest): Promise<Response> {
  const waitMs = waitMsOf(request);
  if (waitMs === null) return badHeader('Cairn-Wait-Ms is a whole number of milliseconds.');
  const wish = { channel: request.path('channel'), name: request.path('block'), waitMs };
  const wantsBytes = prefersBytes(request.header('Accept'));
  const answer = await (wantsBytes ? fetchBytes(relay, wish) : fetchJson(relay, wish));
  if (answer.kind === 'refused') return refuse(answer.refusal);
  return blockResponse(answer, wish.name, request.header('If-None-Match'));
}

function blockResponse(
  { hash, content }: FetchedBlock,
  name: string,
  ifNoneMatch: string | undefined,
): Response {
  const isText = typeof content === 'string';
  const tag = isText ? `"${hash}.json"` : `"${hash}"`;
  const fields = cacheFields(name, tag);
  if (hasTag(ifNoneMatch, tag)) return new Response(null, { status: 304, headers: fields });
  if (isText) return jsonText(200, content, fields);
  const headers = { 'Content-Type': contentTypes.bytes, ...fields };
  return new Response(content as Uint8Array<ArrayBuffer>, { headers });
}

/** Of the two forms there are, the one named first among those liked best. */
function prefersBytes(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const liked = parseAccept(accept).filter(({ q }) => q > 0);
  const known = liked.find(({ type }) => type !== '*/*' && types.has(type.toLowerCase()));
  return known?.type.toLowerCase() === contentTypes.bytes;
}

const types: ReadonlySet<string> = new Set(Object.values(contentTypes));

async function getBlocks({ relay }: DoorContext, request: RouteRequest): Promise<Response> {
  const from = numberOf(request.query('from') ?? '0');
  const toText = request.query('to');
  const to = toText === undefined ? null : numberOf(toText);
  if (from === null || (toText !== undefined && to === null)) {
    return refuseWith('BAD_NUMBER', { message: 'from and to are whole numbers from 0.' });
  }
  if (to !== null && to < from) {
    return refuseWith('MALFORMED_REQUEST', { message: 'to lies before from.' });
  }
  const answer = await fetchPage(relay, { channel: request.path('channel'), from, to });
  return answer.kind === 'page' ? jsonText(200, answer.text) : refuse(answer.refusal);
}

function numberOf(text: string): number | null {
  try {
    return parseBlockNumberText(text);
  } catch {
    return null;
  }
}

async function getEvents(context: DoorContext, request: RouteRequest): Promise<Response> {
  const { relay, streams, streamsMax } = context;
  const channel = request.path('channel');
  const seenText = request.header('Last-Event-ID') ?? '';
  const seen = seenText === '' ? null : numberOf(seenText);
  if (seenText !== '' && seen === null) return badHeader('Last-Event-ID is the number of a block.');
  if (streams.size >= streamsMax) {
    return refuseWith('OVERLOADED', { message: 'This orderer serves as many streams as it may.' });
  }
  const info = await askInfo(relay, channel);
  if (info.kind === 'refused') return refuse(info.refusal);
  const stream = new BlockStream(relay, channel, seen === null ? info.info.height : seen + 1);
  streams.add(stream);
  return eventStreamResponse(stream, () => streams.delete(stream));
}

function badHeader(message: string): Response {
  return refuseWith('BAD_HEADER', { message });
}
