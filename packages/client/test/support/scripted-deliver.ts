/**
 * The sending side of `deliver`, played from a script: it keeps to the window and to acknowledgements, and goes wrong
 * where the test says so.
 */
import { type Block, utf8Decode } from '@cairn/ledger';
import { headerNames, type Refusal, subjectsOf } from '@cairn/transport';
import { CHANNEL, type SampleChannel } from './sample-channel.ts';
import { publishRefusal, type Stage } from './scripted-orderer.ts';

const WINDOW = 16;
const LEAVING = {
  [headerNames.status]: '503',
  [headerNames.errorCode]: '503',
  [headerNames.error]: 'This orderer is no member of the channel any more: its members serve it.',
};

export interface SentBlock {
  readonly number: number;
  readonly bytes: Uint8Array;
}

export type Fate =
  | 'send'
  | 'lose'
  | 'repeat'
  /** Says nothing from here on, not even heartbeats. */
  | 'freeze'
  | 'end'
  /** As an orderer that stops, or is no member any more: the end says that it is none. */
  | 'leave'
  | { readonly refuse: Refusal };

export interface DeliverScript {
  /** What happens to block `number` in the stream opened as number `stream`, counted from 0. */
  readonly fate?: (number: number, stream: number) => Fate;
  readonly tamper?: (block: Block) => Uint8Array;
}

export interface DeliverLog {
  readonly starts: number[];
  unacknowledgedMax: number;
  /** Sends what has been added to the channel since. */
  announce(): void;
}

export function serveDeliver(
  world: Stage,
  channel: SampleChannel,
  { fate = () => 'send', tamper = ({ bytes }) => bytes }: DeliverScript = {},
): DeliverLog {
  const { ordererBus, time } = world;
  const announces: (() => void)[] = [];
  const log: DeliverLog = {
    starts: [],
    unacknowledgedMax: 0,
    announce: () => {
      for (const send of announces) send();
    },
  };
  ordererBus.subscribe(subjectsOf().deliver(CHANNEL), (message) => {
    const { start, stop } = JSON.parse(utf8Decode(message.payload)!) as {
      start: number;
      stop?: number;
    };
    const stream = log.starts.push(start) - 1;
    const inbox = ordererBus.createInbox();
    let next = start;
    let sequence = 0;
    let acknowledged = 0;
    let open = true;
    const publish = (payload: Uint8Array, headers: Record<string, string>) => {
      sequence++;
      log.unacknowledgedMax = Math.max(log.unacknowledgedMax, sequence - acknowledged);
      ordererBus.publish(message.reply!, payload, { reply: `${inbox}.${sequence}`, headers });
    };
    const end = (headers: Record<string, string> = { [headerNames.status]: '200' }) => {
      open = false;
      ordererBus.publish(message.reply!, new Uint8Array(0), { headers });
    };
    const sendBlock = (block: Block) => {
      const headers = { [headerNames.block]: String(block.header.number) };
      publish(new Uint8Array(tamper(block)), headers);
    };
    const step = (block: Block, what: Fate) => {
      if (what === 'send' || what === 'repeat') sendBlock(block);
      if (what === 'repeat') sendBlock(block);
      if (what === 'freeze') open = false;
      if (what === 'end') end();
      if (what === 'leave') end(LEAVING);
      if (typeof what === 'object') {
        open = false;
        publishRefusal(ordererBus, message.reply!, what.refuse);
      }
    };
    const send = () => {
      while (open && sequence - acknowledged < WINDOW && next < channel.blocks.length) {
        if (stop !== undefined && next > stop) break;
        step(channel.blocks[next]!, fate(next, stream));
        next++;
      }
      if (open && stop !== undefined && next > stop && sequence - acknowledged < WINDOW) end();
    };
    const beat = () => {
      if (!open) return;
      if (sequence - acknowledged < WINDOW)
        publish(new Uint8Array(0), { [headerNames.status]: '100' });
      time.after(2_000, beat);
    };
    ordererBus.subscribe(`${inbox}.*`, (message) => {
      const { subject } = message;
      if (message.header(headerNames.status) === '503') open = false;
      acknowledged = Math.max(acknowledged, Number(subject.slice(subject.lastIndexOf('.') + 1)));
      send();
    });
    announces.push(send);
    time.after(2_000, beat);
    send();
  });
  return log;
}
