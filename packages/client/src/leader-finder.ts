/**
 * Who leads the channel, asked when a frame was met with silence.
 *
 * A paused leader keeps its place in the queue group of `batch`, for as long as the broker takes it for alive: a frame that
 * is sent to the group again may go to it again. So the next attempt goes to the leader by name, as the other orderers see
 * it. However many frames ask, one question is on its way at a time; one that goes to a paused orderer is asked again soon.
 */
import type { Bus, RequestOutcome, Subjects } from '@cairn/transport';
import type { ChannelPin } from './pin.ts';
import { infoIn } from './read-replies.ts';

/** Any orderer answers this at once, or is paused. */
const QUESTION_TIMEOUT_MS = 250;
const QUESTIONS_MAX = 3;

type Heard = (leader: string | null) => void;

export class LeaderFinder {
  readonly #bus: Bus;
  readonly #subject: string;
  readonly #pin: ChannelPin;
  #asking: Heard[] = [];

  constructor(bus: Bus, subjects: Subjects, channel: string, pin: ChannelPin) {
    this.#bus = bus;
    this.#subject = subjects.info(channel);
    this.#pin = pin;
  }

  /** `done` gets the leader's name, or null if none is known. */
  ask(done: Heard): void {
    this.#asking.push(done);
    if (this.#asking.length === 1) this.#question(1);
  }

  #question(attempt: number): void {
    const options = { timeoutMs: QUESTION_TIMEOUT_MS };
    this.#bus.request(this.#subject, new Uint8Array(0), options, (outcome) => {
      if (outcome.kind === 'timeout' && attempt < QUESTIONS_MAX) this.#question(attempt + 1);
      else this.#answer(this.#leaderIn(outcome));
    });
    this.#bus.flush();
  }

  #leaderIn(outcome: RequestOutcome): string | null {
    if (outcome.kind !== 'reply') return null;
    try {
      return infoIn(outcome.message, this.#pin).leader;
    } catch {
      // What is wrong with the reply is said by whoever needs more of it than a hint.
      return null;
    }
  }

  #answer(leader: string | null): void {
    const asking = this.#asking;
    this.#asking = [];
    for (const done of asking) done(leader);
  }
}
