/**
 * Nobody answers on `submit` or `batch`: is there no leader, or no such channel? The subject `info` knows, which every
 * orderer of the channel serves. However many frames ask, one question is on its way at a time.
 *
 * A channel that has been served is not gone because nobody serves it now: after a restart of the NATS server a client may
 * be back before the orderers are.
 */
import { type Bus, type Refusal, refusal, type Subjects } from '@cairn/transport';
import { ATTEMPT_TIMEOUT_MS } from './limits.ts';
import type { ChannelPin } from './pin.ts';

export class Presence {
  readonly #bus: Bus;
  readonly #channel: string;
  readonly #subject: string;
  readonly #pin: ChannelPin;
  #asking: ((answer: Refusal) => void)[] = [];

  constructor(bus: Bus, subjects: Subjects, channel: string, pin: ChannelPin) {
    this.#bus = bus;
    this.#channel = channel;
    this.#subject = subjects.info(channel);
    this.#pin = pin;
  }

  /** `done` gets `CHANNEL_NOT_FOUND`, or `NO_LEADER` when some orderer serves the channel, or may. */
  ask(done: (answer: Refusal) => void): void {
    this.#asking.push(done);
    if (this.#asking.length > 1) return;
    const options = { timeoutMs: ATTEMPT_TIMEOUT_MS };
    this.#bus.request(this.#subject, new Uint8Array(0), options, (outcome) => {
      const isUnknown = outcome.kind === 'noResponders' && !this.#pin.served;
      this.#answer(isUnknown ? noSuchChannel(this.#channel) : this.#noLeader());
    });
    this.#bus.flush();
  }

  #answer(answer: Refusal): void {
    const asking = this.#asking;
    this.#asking = [];
    for (const done of asking) done(answer);
  }

  #noLeader(): Refusal {
    const channel = this.#channel;
    const message = `Channel ${channel} has no leader at the moment; if it lasts, see \`cairn status\`.`;
    return refusal('NO_LEADER', { channel, leader: null, message });
  }
}

/** What it means that nobody serves a subject which every orderer of the channel serves. */
export function nobodyServes(channel: string, pin: ChannelPin): Refusal {
  if (!pin.served) return noSuchChannel(channel);
  const message = `No orderer of channel ${channel} answers at the moment; if it lasts, see \`cairn status\`.`;
  return refusal('NO_ANSWER', { channel, message });
}

function noSuchChannel(channel: string): Refusal {
  const message = `No orderer serves a channel named ${channel}. Check the name with \`cairn status\`.`;
  return refusal('CHANNEL_NOT_FOUND', { channel, message });
}
