/**
 * The other side of the bus, played from a script: what a test wants an orderer to say, in which order and when.
 * Not an orderer: it orders nothing and keeps nothing. Real ones are the matter of the cluster tests.
 */
import { idAt, type LedgerError, readU32, scanBody, utf8, utf8Decode } from '@cairn/ledger';
import {
  type Bus,
  type BusMessage,
  createMemoryBroker,
  type ErrorCode,
  errorRow,
  headerNames,
  type MemoryBroker,
  type MemoryBus,
  nodeCrypto,
  type Receipt,
  type Refusal,
  refusal,
  type Subscription,
  subjectsOf,
} from '@cairn/transport';
import { type Client, createClient } from '../../src/index.ts';
import { CHANNEL, type SampleChannel } from './sample-channel.ts';
import { seededRandom, VirtualTime } from './virtual-time.ts';

export const CHANNEL_ID = 'a'.repeat(64);

export interface HeardFrame {
  readonly ids: readonly string[];
  readonly message: BusMessage;
  readonly atMs: number;
}

/** What the script answers to a frame: lines, one refusal for all, or nothing. */
export type FrameScript = (frame: HeardFrame, frameIndex: number) => Reply;
export type Reply =
  | readonly object[]
  | { readonly all: Refusal }
  | { readonly raw: string }
  | 'silence';

export interface Stage {
  readonly time: VirtualTime;
  readonly broker: MemoryBroker;
  readonly clientBus: MemoryBus;
  readonly ordererBus: MemoryBus;
  readonly client: Client;
}

export function stage(payloadBytesMax = 1024 * 1024): Stage {
  const time = new VirtualTime();
  const broker = createMemoryBroker({
    setTimer: (delayMs, fire) => time.after(delayMs, fire),
    nowMs: () => time.monotonicMs(),
    payloadBytesMax,
  });
  const clientBus = broker.connect({ name: 'client' });
  const ordererBus = broker.connect({ name: 'orderer1' });
  const client = createClient(clientBus, {
    clock: time,
    random: seededRandom(),
    crypto: nodeCrypto,
  });
  return { time, broker, clientBus, ordererBus, client };
}

/** Serves `batch` by the script; the frames heard are kept. */
export function serveBatch(
  { ordererBus, time }: Stage,
  script: FrameScript,
  subject = subjectsOf().batch(CHANNEL),
): HeardFrame[] & { subscription?: Subscription } {
  const heard: HeardFrame[] & { subscription?: Subscription } = [];
  heard.subscription = ordererBus.subscribe(subject, (message) => {
    const frame = { ids: idsOfFrame(message.payload), message, atMs: time.monotonicMs() };
    heard.push(frame);
    answer(ordererBus, message, script(frame, heard.length - 1));
  });
  return heard;
}

export function serveInfo(
  { ordererBus }: Stage,
  channel?: SampleChannel,
  leader: () => string | null = () => null,
): Subscription {
  return ordererBus.subscribe(subjectsOf().info(CHANNEL), (message) => {
    const reply = { ...infoReply(channel), leader: leader() };
    ordererBus.publish(message.reply!, utf8(JSON.stringify(reply)));
  });
}

export function infoReply(channel?: SampleChannel): object {
  return {
    status: 200,
    channel: CHANNEL,
    channelId: channel?.channelId ?? CHANNEL_ID,
    height: channel?.blocks.length ?? 1,
    newestHash: 'b'.repeat(64),
    leader: null,
    state: 'follower',
    term: 2,
    configNumber: 0,
    members: [{ id: 1, name: 'orderer1', role: 'voter', active: true, height: 1 }],
  };
}

function answer(bus: Bus, message: BusMessage, reply: Reply): void {
  if (reply === 'silence' || message.reply === null) return;
  if ('raw' in reply) bus.publish(message.reply, utf8(reply.raw));
  else if ('all' in reply) publishRefusal(bus, message.reply, reply.all);
  else bus.publish(message.reply, utf8(reply.map((line) => JSON.stringify(line)).join('\n')));
}

export function publishRefusal(bus: Bus, subject: string, answer: Refusal): void {
  bus.publish(subject, utf8(JSON.stringify(answer)), {
    headers: {
      [headerNames.errorCode]: String(answer.status),
      [headerNames.error]: answer.error.message,
    },
  });
}

/** Throws if the frame is not in canonical form: the decoder is the ledger's own. */
export function idsOfFrame(frame: Uint8Array): string[] {
  if (frame[0] !== 1) throw new Error('a batch frame begins with 0x01');
  const count = readU32(frame, 1);
  const body = scanBody(frame, 5, frame.length, count);
  if ('code' in body) throw body as LedgerError;
  return Array.from({ length: count }, (_, index) => idAt(body, index));
}

export function receiptOf(id: string, fields: Partial<Receipt> = {}): Receipt {
  return {
    status: 200,
    channel: CHANNEL,
    channelId: CHANNEL_ID,
    id,
    block: 1,
    index: 0,
    blockHash: 'c'.repeat(64),
    duplicate: false,
    ...fields,
  };
}

export function refusalOf(code: ErrorCode, retryAfterMs?: number): Refusal {
  const details = { channel: CHANNEL, channelId: CHANNEL_ID, message: errorRow(code).meaning };
  return refusal(code, { ...details, retryAfterMs });
}

/** Serves `fetch` from the sample channel's blocks, after `tamper` has had its way with the bytes. */
export function serveFetch(
  { ordererBus }: Stage,
  channel: SampleChannel,
  tamper: (bytes: Uint8Array, wanted: string) => Uint8Array = (bytes) => bytes,
): { readonly asked: string[] } {
  const asked: string[] = [];
  ordererBus.subscribe(subjectsOf().fetch(CHANNEL), (message) => {
    const wanted = utf8Decode(message.payload) ?? '';
    asked.push(wanted);
    const block = blockNamed(channel, wanted);
    if (block === undefined) {
      publishRefusal(ordererBus, message.reply!, refusalOf('BLOCK_NOT_FOUND'));
      return;
    }
    ordererBus.publish(message.reply!, tamper(new Uint8Array(block.bytes), wanted), {
      headers: { [headerNames.contentType]: 'application/octet-stream' },
    });
  });
  return { asked };
}

function blockNamed({ blocks }: SampleChannel, wanted: string) {
  if (wanted === 'oldest') return blocks[0];
  if (wanted === 'newest') return blocks.at(-1);
  if (wanted === 'config') return blocks.findLast((block) => block.header.kind === 'config');
  return blocks[Number(wanted)];
}
