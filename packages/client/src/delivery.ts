/**
 * One stream of blocks as one orderer sends it: what arrives, in the order it arrives, until it ends or breaks.
 *
 * From callbacks to `next()`: arrivals wait here until the application takes them. The sender's window is the bound; a
 * block is acknowledged only when the application asks for the one after it, so a slow application slows the sender.
 */
import { utf8, utf8Decode } from '@cairn/ledger';
import {
  type BusMessage,
  type Cancellable,
  headerNames,
  type Refusal,
  refusal,
  type Subscription,
} from '@cairn/transport';
import { isRefusal, parseJson } from './answers.ts';
import { type AskingPorts, notConnected } from './asking.ts';
import { STREAM_ACKNOWLEDGE_EVERY, STREAM_BUFFERED_MAX, STREAM_SILENCE_MS } from './limits.ts';

export type Arrival =
  | { readonly kind: 'block'; readonly number: number; readonly message: BusMessage }
  /** The sender says that all it was asked for has been sent. */
  | { readonly kind: 'end' }
  /** The sender refuses, or nothing more is to be expected from it. */
  | { readonly kind: 'broken'; readonly refusal: Refusal };

export interface DeliveryRequest {
  readonly subject: string;
  readonly start: number;
  /** The last number wanted; null: the stream follows the channel. */
  readonly stop: number | null;
  /** Wakes whoever waits for an arrival. */
  readonly signal: AbortSignal;
}

const NOTHING = new Uint8Array(0);

export class Delivery {
  readonly #ports: AskingPorts;
  readonly #subscription: Subscription;
  readonly #watch: Cancellable;
  readonly #signal: AbortSignal;
  /** What arrives does not matter then: whoever waits finds the signal aborted. */
  readonly #aborted = () => this.#broken(notConnected());
  #arrived: Arrival[] = [];
  #wake: (() => void) | null = null;
  #silence: Cancellable | null = null;
  #taken: BusMessage | null = null;
  #takenCount = 0;
  #closed = false;

  constructor(ports: AskingPorts, { subject, start, stop, signal }: DeliveryRequest) {
    this.#ports = ports;
    this.#signal = signal;
    signal.addEventListener('abort', this.#aborted);
    const { bus, connection } = ports;
    const inbox = bus.createInbox();
    this.#subscription = bus.subscribe(inbox, (message) => this.#heard(message));
    this.#watch = connection.onChange((connected) => {
      if (!connected) this.#broken(notConnected());
    });
    const wish = { start, ...(stop !== null && { stop }), content: 'bytes' };
    bus.publish(subject, utf8(JSON.stringify(wish)), { reply: inbox });
    bus.flush();
    this.#listen();
  }

  /** Waits for what comes next; taking it says that the block taken before is done with. */
  async next(): Promise<Arrival> {
    this.#acknowledge();
    while (this.#arrived.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const arrival = this.#arrived.shift()!;
    if (arrival.kind === 'block') {
      this.#taken = arrival.message;
      this.#takenCount++;
    }
    return arrival;
  }

  /** The sender notices: nobody is left on the inbox. */
  close(): void {
    this.#closed = true;
    this.#silence?.cancel();
    this.#watch.cancel();
    this.#signal.removeEventListener('abort', this.#aborted);
    this.#subscription.close();
  }

  #acknowledge(): void {
    if (this.#taken === null) return;
    const isEnough = this.#takenCount >= STREAM_ACKNOWLEDGE_EVERY || this.#arrived.length === 0;
    if (!isEnough) return;
    this.#reply(this.#taken);
    this.#taken = null;
    this.#takenCount = 0;
  }

  #reply(message: BusMessage): void {
    if (message.reply === null) return;
    this.#ports.bus.publish(message.reply, NOTHING);
    this.#ports.bus.flush();
  }

  #heard(message: BusMessage): void {
    if (this.#closed) return;
    this.#listen();
    const arrival = arrivalOf(message);
    if (arrival !== null) this.#arrive(arrival);
    // An acknowledgement covers all that came before: a heartbeat's must not overtake untaken blocks.
    else if (this.#arrived.length === 0 && this.#taken === null) this.#reply(message);
  }

  #arrive(arrival: Arrival): void {
    // What is dropped leaves a gap, and a gap starts the stream again.
    if (arrival.kind === 'block' && this.#arrived.length >= STREAM_BUFFERED_MAX) return;
    this.#arrived.push(arrival);
    this.#wake?.();
    this.#wake = null;
  }

  #broken(why: Refusal): void {
    this.#arrive({ kind: 'broken', refusal: why });
  }

  #listen(): void {
    this.#silence?.cancel();
    this.#silence = this.#ports.clock.after(STREAM_SILENCE_MS, () => this.#broken(silence()));
  }
}

/** Null for a heartbeat. */
function arrivalOf(message: BusMessage): Arrival | null {
  const number = message.header(headerNames.block);
  const status = message.header(headerNames.status);
  if (status === '100') return null;
  if (number !== undefined) return { kind: 'block', number: Number(number), message };
  if (status === '200') return { kind: 'end' };
  return { kind: 'broken', refusal: refusalOf(message, status) };
}

function refusalOf(message: BusMessage, status: string | undefined): Refusal {
  const value = parseJson(utf8Decode(message.payload) ?? '');
  if (isRefusal(value)) return value;
  const sentence = message.header(headerNames.error);
  if (sentence === undefined && status === '503') return noResponders();
  const how = `with status ${status ?? 'none'}: ${sentence ?? 'no reason given'}`;
  return refusal('NO_ANSWER', { message: `The stream of blocks ended ${how}` });
}

function noResponders(): Refusal {
  return refusal('NO_ANSWER', { message: 'No orderer serves the channel now.' });
}

function silence(): Refusal {
  const message = `The stream of blocks was silent for ${STREAM_SILENCE_MS} ms.`;
  return refusal('NO_ANSWER', { message });
}
