/**
 * The door `deliver`: a stream of blocks to a reply inbox, at the reader's pace.
 *
 * One block a message, each with a reply subject: an empty message there acknowledges everything up to it. At most
 * 16 messages or 4 MiB are unacknowledged; an idle stream sends a heartbeat every 2 s; a reader that says nothing for
 * 30 s, or whose inbox is gone, is given up. The stream ends with an empty message that carries a status.
 */
import { utf8 } from '@cairn/ledger';
import {
  type Bus,
  type BusMessage,
  type Cancellable,
  contentTypes,
  type ErrorCode,
  type HeaderRecord,
  headerNames,
  refusal,
  type ServiceRequest,
  type Subscription,
} from '@cairn/transport';
import type { Channel } from '../channel.ts';
import type { Clock } from '../ports.ts';
import { type DeliverRange, readDeliverRequest } from './deliver-request.ts';
import { respondRefusal } from './replies.ts';

export const UNACKNOWLEDGED_MESSAGES_MAX = 16;
export const UNACKNOWLEDGED_BYTES_MAX = 4 * 1024 * 1024;
export const HEARTBEAT_MS = 2_000;
export const GIVE_UP_MS = 30_000;

/** NATS counts headers towards the largest message: ours have less than this. */
const HEADER_BYTES_MAX = 256;

export interface DeliverDependencies {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly streamsMax: number;
  /** Runs what may meet damaged data; whatever it throws stops the channel on this orderer. False if it did. */
  readonly guard: (work: () => void) => boolean;
}

/** All streams of one channel on this orderer. */
export class DeliverDoor {
  readonly #channel: Channel;
  readonly #dependencies: DeliverDependencies;
  readonly #streams = new Set<DeliverStream>();
  /** Why there are no streams here now; null: there are. */
  #closed: Closed | null = null;

  constructor(channel: Channel, dependencies: DeliverDependencies) {
    this.#channel = channel;
    this.#dependencies = dependencies;
  }

  handle(request: ServiceRequest): void {
    const range = readDeliverRequest(request.payload, this.#channel.height);
    if (typeof range === 'string') {
      respondRefusal(request, this.#channel.identity, 'MALFORMED_REQUEST', { message: range });
    } else if (request.reply === null) {
      return;
    } else if (this.#closed !== null) {
      // It was on its way when the door was closed.
      respondRefusal(request, this.#channel.identity, 'STOPPING', this.#closed);
    } else if (this.#streams.size >= this.#dependencies.streamsMax) {
      const message = 'This orderer serves as many streams as it may.';
      respondRefusal(request, this.#channel.identity, 'OVERLOADED', { message });
    } else {
      this.#open(request.reply, range);
    }
  }

  #open(reply: string, range: DeliverRange): void {
    const stream: DeliverStream = new DeliverStream(reply, range, this.#channel, {
      ...this.#dependencies,
      ended: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
    this.#dependencies.guard(() => stream.send());
  }

  /**
   * Every stream ends with a reason the reader can act on: it asks again, and another orderer answers. `why`: other than
   * that this orderer stops.
   */
  close(why?: string): void {
    this.#closed = { message: why };
    for (const stream of [...this.#streams]) stream.end('STOPPING', why);
  }

  /** After `close`: streams are served again. */
  open(): void {
    this.#closed = null;
  }
}

interface Closed {
  readonly message: string | undefined;
}

interface Sent {
  readonly sequence: number;
  readonly bytes: number;
}

class DeliverStream {
  readonly #reply: string;
  readonly #range: DeliverRange;
  readonly #channel: Channel;
  readonly #dependencies: DeliverDependencies & { ended(): void };
  readonly #inbox: string;
  readonly #acknowledgements: Subscription;
  readonly #stopFollowing: () => void;
  #timer: Cancellable;
  #next: number;
  #sequence = 0;
  #sent: Sent[] = [];
  #sentBytes = 0;
  #heardAtMs: number;
  #spokeAtMs: number;
  #open = true;

  constructor(
    reply: string,
    range: DeliverRange,
    channel: Channel,
    dependencies: DeliverDependencies & { ended(): void },
  ) {
    const { bus, clock } = dependencies;
    this.#reply = reply;
    this.#range = range;
    this.#channel = channel;
    this.#dependencies = dependencies;
    this.#next = range.start;
    this.#heardAtMs = clock.monotonicMs();
    this.#spokeAtMs = this.#heardAtMs;
    this.#inbox = bus.createInbox();
    this.#acknowledgements = bus.subscribe(`${this.#inbox}.*`, (message) =>
      dependencies.guard(() => this.#acknowledge(message)),
    );
    this.#stopFollowing = channel.reader.followVisible(() => this.send());
    this.#timer = clock.after(HEARTBEAT_MS, () => this.#beat());
  }

  /** Sends what is visible, wanted and allowed by the reader's pace. */
  send(): void {
    while (this.#open && this.#mayContinue()) {
      if (this.#range.stop !== null && this.#next > this.#range.stop) this.#finish();
      else if (this.#next < this.#channel.reader.visibleHeight) this.#sendBlock(this.#next++);
      else return;
    }
  }

  #mayContinue(): boolean {
    return (
      this.#sent.length < UNACKNOWLEDGED_MESSAGES_MAX && this.#sentBytes < UNACKNOWLEDGED_BYTES_MAX
    );
  }

  #sendBlock(number: number): void {
    const { content } = this.#range;
    const payload = this.#payloadOrEnd(number);
    if (payload.length + HEADER_BYTES_MAX > this.#dependencies.bus.payloadBytesMax) {
      this.end('REPLY_TOO_LARGE');
      return;
    }
    const type = content === 'bytes' ? contentTypes.bytes : contentTypes.json;
    this.#publish(payload, {
      [headerNames.block]: String(number),
      [headerNames.contentType]: type,
    });
  }

  /** A block that cannot be read is not skipped: the stream ends here, and whoever guards this call hears of it. */
  #payloadOrEnd(number: number): Uint8Array {
    try {
      return this.#payloadOf(number);
    } catch (error) {
      this.end('INTERNAL');
      throw error;
    }
  }

  #payloadOf(number: number): Uint8Array {
    switch (this.#range.content) {
      case 'bytes':
        return this.#channel.reader.blockBytes(number);
      case 'header':
        return utf8(JSON.stringify(this.#channel.reader.headerJson(number)));
      case 'block':
        return utf8(JSON.stringify(this.#channel.reader.blockJson(number)));
    }
  }

  #publish(payload: Uint8Array, headers: HeaderRecord): void {
    const { bus, clock } = this.#dependencies;
    this.#sequence += 1;
    this.#sent.push({ sequence: this.#sequence, bytes: payload.length });
    this.#sentBytes += payload.length;
    this.#spokeAtMs = clock.monotonicMs();
    bus.publish(this.#reply, payload, {
      reply: `${this.#inbox}.${this.#sequence}`,
      headers: { ...headers, [headerNames.sequence]: String(this.#sequence) },
    });
  }

  #acknowledge(message: BusMessage): void {
    const { subject, payload } = message;
    if (payload.length === 0 && message.header(headerNames.status) === '503') {
      this.#close();
      return;
    }
    const sequence = Number(subject.slice(subject.lastIndexOf('.') + 1));
    this.#heardAtMs = this.#dependencies.clock.monotonicMs();
    while (this.#sent.length > 0 && this.#sent[0]!.sequence <= sequence) {
      this.#sentBytes -= this.#sent.shift()!.bytes;
    }
    this.send();
  }

  #beat(): void {
    const nowMs = this.#dependencies.clock.monotonicMs();
    if (nowMs - this.#heardAtMs >= GIVE_UP_MS) {
      this.#close();
      return;
    }
    if (nowMs - this.#spokeAtMs >= HEARTBEAT_MS / 2 && this.#mayContinue()) {
      this.#publish(NO_BYTES, { [headerNames.status]: '100' });
    }
    this.#timer = this.#dependencies.clock.after(HEARTBEAT_MS, () => this.#beat());
  }

  #finish(): void {
    this.#dependencies.bus.publish(this.#reply, NO_BYTES, {
      headers: { [headerNames.status]: '200', ...this.#sequenceHeader() },
    });
    this.#close();
  }

  /** Ends the stream early: an empty message with the refusal's status and headers. */
  end(code: ErrorCode, message?: string): void {
    const { status, error } = refusal(code, { message });
    this.#dependencies.bus.publish(this.#reply, NO_BYTES, {
      headers: {
        [headerNames.status]: String(status),
        [headerNames.errorCode]: String(status),
        [headerNames.error]: error.message,
        ...this.#sequenceHeader(),
      },
    });
    this.#close();
  }

  #sequenceHeader(): HeaderRecord {
    return { [headerNames.sequence]: String(this.#sequence + 1) };
  }

  #close(): void {
    this.#open = false;
    this.#timer.cancel();
    this.#acknowledgements.close();
    this.#stopFollowing();
    this.#dependencies.ended();
  }
}

const NO_BYTES = new Uint8Array(0);
