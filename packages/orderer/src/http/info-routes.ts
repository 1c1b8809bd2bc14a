/**
 * The routes that tell: channels, one channel, the cluster, one transaction.
 */
import { checkTxId, LedgerError } from '@cairn/ledger';
import { contentTypes, type InfoReply, type Refusal, refusal } from '@cairn/transport';
import { z } from 'zod';
import { surveyChannels, surveyCluster } from './discovery.ts';
import type { DoorContext } from './door-context.ts';
import { channelParameter } from './parameters.ts';
import { ask, parseJson, type Relay, textOf } from './relay.ts';
import { json, jsonText, refuse, refuseWith } from './replies.ts';
import type { Route, RouteRequest } from './route.ts';
import { channelsSchema, clusterSchema, infoSchema, transactionReplySchema } from './schemas.ts';

export const infoRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/channels',
    operationId: 'listChannels',
    summary: 'All channels of the cluster.',
    parameters: [],
    body: null,
    answer: {
      description: 'What one orderer of each channel says of it.',
      content: { [contentTypes.json]: channelsSchema },
    },
    refusals: [503],
    handle: getChannels,
  },
  {
    method: 'GET',
    path: '/v1/channels/{channel}',
    operationId: 'getChannel',
    summary: 'One channel: height, leader, members.',
    parameters: [channelParameter],
    body: null,
    answer: {
      description: 'The channel as one of its orderers sees it.',
      content: { [contentTypes.json]: infoSchema },
    },
    refusals: [404, 503],
    handle: getChannel,
  },
  {
    method: 'GET',
    path: '/v1/cluster',
    operationId: 'getCluster',
    summary: 'Leaders, terms, heights, lag, and what is wrong.',
    parameters: [],
    body: null,
    answer: {
      description: 'The same as `cairn status --json`.',
      content: { [contentTypes.json]: clusterSchema },
    },
    refusals: [503],
    handle: getCluster,
  },
  {
    method: 'GET',
    path: '/v1/channels/{channel}/transactions/{id}',
    operationId: 'getTransaction',
    summary: 'Where a transaction stands.',
    parameters: [
      channelParameter,
      {
        name: 'id',
        in: 'path',
        description: 'The id of the transaction, percent-encoded.',
        schema: z.string().min(1).max(64),
      },
    ],
    body: null,
    answer: {
      description: 'Its state, and its place if it is committed.',
      content: { [contentTypes.json]: transactionReplySchema },
    },
    refusals: [400, 404, 503],
    handle: getTransaction,
  },
];

export type InfoAnswer =
  | { readonly kind: 'info'; readonly info: InfoReply; readonly text: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export async function askInfo(relay: Relay, channel: string): Promise<InfoAnswer> {
  const subject = relay.subjects.info(channel);
  const answer = await ask(relay, { channel, subject, payload: '' });
  if (answer.kind === 'refused') return answer;
  const text = textOf(answer.message);
  const parsed = infoSchema.safeParse(parseJson(text));
  return parsed.success
    ? { kind: 'info', info: parsed.data, text }
    : { kind: 'refused', refusal: refusal('BAD_REPLY') };
}

async function getChannels({ relay, channelNames }: DoorContext): Promise<Response> {
  if (!relay.bus.connected) return refuseWith('DISCONNECTED');
  const infos = await surveyChannels(relay, channelNames());
  const channels = infos.map(({ channel, channelId, height, leader, term }) => ({
    channel,
    channelId,
    height,
    leader,
    term,
  }));
  return json(200, { status: 200, channels });
}

async function getChannel({ relay }: DoorContext, request: RouteRequest): Promise<Response> {
  const answer = await askInfo(relay, request.path('channel'));
  return answer.kind === 'info' ? jsonText(200, answer.text) : refuse(answer.refusal);
}

async function getCluster(context: DoorContext): Promise<Response> {
  const { relay, channelNames, natsServers } = context;
  if (!relay.bus.connected) return refuseWith('DISCONNECTED');
  return json(200, await surveyCluster(relay, channelNames(), natsServers));
}

async function getTransaction({ relay }: DoorContext, request: RouteRequest): Promise<Response> {
  const channel = request.path('channel');
  const id = checkTxId(request.path('id'));
  if (id instanceof LedgerError) return refuseWith('BAD_ID', { message: id.message });
  const subject = relay.subjects.transaction(channel);
  const answer = await ask(relay, { channel, subject, payload: id });
  return answer.kind === 'refused' ? refuse(answer.refusal) : jsonText(200, textOf(answer.message));
}
