/**
 * What is no message changes nothing (I-23).
 *
 * Within the event in which a damaged frame, or one that was sent to somebody else, reaches a node, the node neither changes
 * a channel's state nor writes. An append with one damaged block is left out: its receiver may hold that entry already, skip
 * it, and take the rest. What must not happen, that the damaged block is written, makes two logs of one term (I-5).
 */
import type { Judge, Model } from './model.ts';
import type { NodeName, Verdict } from './observer.ts';

export function wire(model: Model, verdict: Verdict): Judge {
  return new Wire(model, verdict);
}

class Wire implements Judge {
  readonly #model: Model;
  readonly #verdict: Verdict;
  #node: NodeName = '';
  #event = -1;
  #what = '';

  constructor(model: Model, verdict: Verdict) {
    this.#model = model;
    this.#verdict = verdict;
  }

  garbageDelivered: NonNullable<Judge['garbageDelivered']> = (to, what, kind) => {
    if (kind === 'damagedBlock') return;
    this.#node = to;
    this.#what = what;
    this.#event = this.#model.watched.eventNumber();
  };

  channelChanged(node: NodeName, channel: string): void {
    this.#judge(node, 'changes its state of', channel);
  }

  wrote: NonNullable<Judge['wrote']> = ({ replica }) => {
    this.#judge(replica.node, 'writes for', replica.channel);
  };

  #judge(node: NodeName, what: string, channel: string): void {
    if (node !== this.#node || this.#model.watched.eventNumber() !== this.#event) return;
    const text = `${node} ${what} ${channel} because of garbage on ${this.#what}`;
    this.#verdict.fail('I-23', text);
  }
}
