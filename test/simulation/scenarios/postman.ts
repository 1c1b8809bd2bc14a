/**
 * Decides over each single Raft message on its way: it passes, it is dropped, or it is held until it is let go.
 */
import type { Network } from '../network.ts';
import type { Observer, SentMessage } from '../oracle/observer.ts';
import type { World } from '../world.ts';

export type Fate = 'pass' | 'drop' | 'hold';

interface Held {
  readonly sent: readonly SentMessage[];
  readonly carry: () => void;
}

export class Postman implements Partial<Observer> {
  /** Asked for each message when it leaves. What travels together shares the worst fate. */
  rule: (sent: SentMessage) => Fate = () => 'pass';
  /** Everything that was sent, also what did not get far. */
  readonly sent: SentMessage[] = [];
  readonly #world: World;
  #announced: SentMessage[] = [];
  #announcedAt = -1;
  #held: Held[] = [];

  constructor(world: World, network: Network) {
    this.#world = world;
    const carry = network.transmit.bind(network);
    network.transmit = (from, to, isOrderly, arrive) => {
      const sent = isOrderly ? [] : this.#take(from, to);
      const fates = new Set(sent.map((each) => this.rule(each)));
      if (fates.has('drop')) return;
      if (fates.has('hold')) {
        this.#held.push({ sent, carry: () => carry(from, to, isOrderly, arrive) });
      } else carry(from, to, isOrderly, arrive);
    };
  }

  messageSent(sent: SentMessage): void {
    if (this.#announcedAt !== this.#world.events) this.#announced = [];
    this.#announcedAt = this.#world.events;
    this.#announced.push(sent);
    this.sent.push(sent);
  }

  #take(from: string, to: string): SentMessage[] {
    const taken = this.#announced.filter((each) => each.from === from && each.to === to);
    this.#announced = this.#announced.filter((each) => !taken.includes(each));
    return taken;
  }

  get held(): readonly SentMessage[] {
    return this.#held.flatMap(({ sent }) => sent);
  }

  /** They leave now, whatever the rule says by now. */
  release(chosen: (sent: SentMessage) => boolean = () => true): void {
    const going = this.#held.filter(({ sent }) => sent.some(chosen));
    this.#held = this.#held.filter((each) => !going.includes(each));
    for (const { carry } of going) carry();
  }
}
