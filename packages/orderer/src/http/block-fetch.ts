/**
 * One block through NATS, as JSON or as canonical bytes.
 *
 * JSON is passed on as the text it came as, unparsed. Where that text is over NATS' largest message, the block is fetched
 * as bytes and the same JSON is made here; the proposer's name is then looked up in the channel's configurations.
 */
import {
  type BlockHeader,
  configOf,
  decodeBlock,
  decodeBlockHead,
  jsonOfBlock,
  LedgerError,
  orThrow,
  parseChannelName,
  toHex,
} from '@cairn/ledger';
import {
  contentTypes,
  type HeaderRecord,
  headerNames,
  nodeCrypto,
  type Refusal,
  refusal,
} from '@cairn/transport';
import { WAIT_MS_DEFAULT } from '../doors/request-options.ts';
import { type Answer, ask, type Relay, textOf } from './relay.ts';

export interface BlockRequest {
  readonly channel: string;
  /** A number, or newest, oldest or config. */
  readonly name: string;
  /** How long an orderer may wait for a block that is about to be made. */
  readonly waitMs?: number;
}

export interface FetchedBlock {
  readonly kind: 'block';
  readonly number: number;
  /** Hex. */
  readonly hash: string;
  /** `{"status":200,"block":{...}}`, or canonical bytes. */
  readonly content: string | Uint8Array;
}

export type BlockAnswer = FetchedBlock | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Configurations looked through for the name of a proposer; it is in the first or second. */
const CONFIGS_LOOKED_THROUGH_MAX = 8;

const jsonStart =
  /^\{"status":200,"block":\{"channel":"[a-z0-9-]+","channelId":"[0-9a-f]{64}","number":([0-9]+),"kind":"[a-z]+","hash":"([0-9a-f]{64})"/;

export async function fetchJson(relay: Relay, request: BlockRequest): Promise<BlockAnswer> {
  const answer = await askBlock(relay, request, {});
  if (answer.kind === 'reply') return readJson(textOf(answer.message));
  return answer.refusal.error.code === 'REPLY_TOO_LARGE' ? rebuildJson(relay, request) : answer;
}

export async function fetchBytes(relay: Relay, request: BlockRequest): Promise<BlockAnswer> {
  const answer = await askBlock(relay, request, { [headerNames.accept]: contentTypes.bytes });
  if (answer.kind === 'refused') return answer;
  const { payload } = answer.message;
  const head = decodeBlockHead(nodeCrypto, payload);
  if (head instanceof LedgerError) return badReply(head.message);
  return {
    kind: 'block',
    number: head.header.number,
    hash: toHex(head.hash),
    content: payload,
  };
}

function askBlock(relay: Relay, request: BlockRequest, headers: HeaderRecord): Promise<Answer> {
  const { channel, name, waitMs } = request;
  return ask(relay, {
    channel,
    subject: relay.subjects.fetch(channel),
    payload: name,
    headers: {
      ...headers,
      ...(waitMs !== undefined && { [headerNames.waitMs]: String(waitMs) }),
    },
    patienceMs: waitMs ?? WAIT_MS_DEFAULT,
  });
}

function readJson(text: string): BlockAnswer {
  const match = jsonStart.exec(text);
  if (match === null) return badReply('The answer is not a block in JSON.');
  return { kind: 'block', number: Number(match[1]), hash: match[2]!, content: text };
}

async function rebuildJson(relay: Relay, request: BlockRequest): Promise<BlockAnswer> {
  const fetched = await fetchBytes(relay, request);
  if (fetched.kind === 'refused') return fetched;
  const block = decodeBlock(nodeCrypto, fetched.content as Uint8Array);
  if (block instanceof LedgerError) return badReply(block.message);
  const { header, hash } = block;
  const name = await proposerName(relay, request.channel, header);
  const json = jsonOfBlock(block, {
    channel: parseChannelName(request.channel),
    channelId: header.number === 0 ? hash : header.channelId,
    nameOf: () => name,
  });
  return { ...fetched, content: JSON.stringify({ status: 200, block: json }) };
}

/** From the configuration in force, or one before it; null if no configuration names the proposer. */
async function proposerName(
  relay: Relay,
  channel: string,
  { configNumber, proposer }: BlockHeader,
): Promise<string | null> {
  let number: number | null = configNumber;
  for (let looked = 0; number !== null && looked < CONFIGS_LOOKED_THROUGH_MAX; looked++) {
    const config = await fetchBytes(relay, { channel, name: String(number) });
    if (config.kind === 'refused') return null;
    const { members } = orThrow(
      configOf(orThrow(decodeBlock(nodeCrypto, config.content as Uint8Array))),
    );
    const member = members.find(({ id }) => id === proposer);
    if (member !== undefined) return member.name;
    number = await configBefore(relay, channel, number);
  }
  return null;
}

async function configBefore(relay: Relay, channel: string, number: number): Promise<number | null> {
  if (number === 0) return null;
  const before = await fetchBytes(relay, { channel, name: String(number - 1) });
  if (before.kind === 'refused') return null;
  return orThrow(decodeBlockHead(nodeCrypto, before.content as Uint8Array)).header.configNumber;
}

function badReply(message: string): BlockAnswer {
  return { kind: 'refused', refusal: refusal('BAD_REPLY', { message }) };
}
