/**
 * Block events of a channel in order and without gaps, for one reader over HTTP.
 *
 * Reads the door `deliver` (content `header`) and starts it again at the next number whenever it breaks, refuses or falls
 * silent. What the reader has not taken is not acknowledged, so at most the sender's window of 16 messages waits here.
 */
import { utf8 } from '@cairn/ledger';
import {
  type BusMessage,
  type Cancellable,
  headerNames,
  type Subscription,
} from '@cairn/transport';
import { type Relay, textOf } from './relay.ts';

export interface BlockEvent {
  readonly number: number;
  /** The event's JSON: the block without its transactions. */
  readonly text: string;
}

interface Arrival extends BlockEvent {
  readonly message: BusMessage;
}

/** As the client library's. */
const SILENCE_MS = 6_000;
const RESTART_MS = 250;
const NO_BYTES = new Uint8Array(0);

export class BlockStream {
  readonly #relay: Relay;
  readonly #channel: string;
  #next: number;
  #arrivals: Arrival[] = [];
  #wake: (() => void) | null = null;
  #subscription: Subscription | null = null;
  #timer: Cancellable | null = null;
  #closed = false;

  /** `next`: the first number wanted. */
  constructor(relay: Relay, channel: string, next: number) {
    this.#relay = relay;
    this.#channel = channel;
    this.#next = next;
    this.#start();
  }

  /** The next event, after at most `patienceMs`; 'idle' if there is none by then, null once closed. */
  async take(patienceMs: number): Promise<BlockEvent | 'idle' | null> {
    if (this.#arrivals.length === 0 && !this.#closed) await this.#news(patienceMs);
    const arrival = this.#arrivals.shift();
    if (arrival === undefined) return this.#closed ? null : 'idle';
    this.#acknowledge(arrival.message);
    return arrival;
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#arrivals = [];
    this.#wake?.();
  }

  #news(patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#relay.clock.after(patienceMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #start(): void {
    const { bus, subjects } = this.#relay;
    const inbox = bus.createInbox();
    this.#subscription = bus.subscribe(inbox, (message) => this.#hear(message));
    const wish = { start: this.#next, content: 'header' };
    bus.publish(subjects.deliver(this.#channel), utf8(JSON.stringify(wish)), { reply: inbox });
    bus.flush();
    this.#restartIn(SILENCE_MS);
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#subscription?.close();
    this.#subscription = null;
  }

  #restartIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#relay.clock.after(delayMs, () => this.#restart());
  }

  /** Not before the reader has taken what is here: what waits stays within one sender's window. */
  #restart(): void {
    if (this.#arrivals.length > 0) {
      this.#restartIn(RESTART_MS);
      return;
    }
    this.#stop();
    this.#start();
  }

  #hear(message: BusMessage): void {
    const status = message.header(headerNames.status);
    const number = Number(message.header(headerNames.block) ?? -1);
    if (status === '100') {
      this.#restartIn(SILENCE_MS);
      // An acknowledgement covers all before it, so it must not overtake what the reader has not taken.
      if (this.#arrivals.length === 0) this.#acknowledge(message);
    } else if (number === this.#next) {
      this.#restartIn(SILENCE_MS);
      this.#next += 1;
      this.#arrivals.push({ number, text: textOf(message), message });
      this.#wake?.();
    } else {
      this.#stop();
      this.#restartIn(RESTART_MS);
    }
  }

  #acknowledge({ reply }: BusMessage): void {
    if (reply === null) return;
    this.#relay.bus.publish(reply, NO_BYTES);
    this.#relay.bus.flush();
  }
}
