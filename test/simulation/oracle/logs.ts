/**
 * Logs against each other, and against what was promised of them.
 *
 *   I-5  one index and term, anywhere, ever: one entry, and one log below it (the model's tree finds the contradiction);
 *        terms never fall along a log
 *   I-6  a leader adds to its log and takes nothing away
 *   I-7  nobody takes away what it knows to be committed, nor what it has acknowledged to the leader of the term it is in
 *   I-8  who becomes leader holds everything that leaders of lower terms have committed
 */
import type { ChannelModel, Leading } from './channel-model.ts';
import { describeEntry, type LogEntry } from './log-tree.ts';
import type { Judge, Model, SeenWrite } from './model.ts';
import type { SentMessage, Verdict } from './observer.ts';

export function logs(model: Model, verdict: Verdict): Judge {
  return new Logs(model, verdict);
}

class Logs implements Judge {
  readonly #model: Model;
  readonly #verdict: Verdict;

  constructor(model: Model, verdict: Verdict) {
    this.#model = model;
    this.#verdict = verdict;
  }

  messageSent({ from, channel, message }: SentMessage): void {
    if (message.type !== 'appendResponse' || message.reject) return;
    const { acknowledged } = this.#model.channel(channel).replica(from);
    if (message.term > acknowledged.term) {
      acknowledged.term = message.term;
      acknowledged.index = message.index;
    } else if (message.term === acknowledged.term && message.index > acknowledged.index) {
      acknowledged.index = message.index;
    }
  }

  wrote: NonNullable<Judge['wrote']> = (seen) => {
    this.#checkTerms(seen);
    const first = seen.removed[0];
    if (first !== undefined) this.#checkRemoval(seen, first);
  };

  #checkTerms({ replica, write: { entries, hard } }: SeenWrite): void {
    for (const entry of entries) {
      if (entry.term >= entry.parent!.term && entry.term <= hard.term) continue;
      const text = `${replica.node} writes ${describeEntry(entry)} in term ${hard.term}`;
      this.#verdict.fail('I-5', `${text}: terms never fall along a log, nor pass the term`);
    }
  }

  #checkRemoval({ channel, replica, write, before }: SeenWrite, first: LogEntry): void {
    const { node, acknowledged } = replica;
    const text = `${node} takes ${describeEntry(first)} out of ${channel.name}`;
    if (replica.isLeaderIn(write.hard.term)) {
      this.#verdict.fail('I-6', `${text} while it leads term ${write.hard.term}`);
    }
    if (first.index <= before.commit) {
      this.#verdict.fail('I-7', `${text}, and has written that ${before.commit} is committed`);
    } else if (acknowledged.term === write.hard.term && first.index <= acknowledged.index) {
      const promise = `has acknowledged up to ${acknowledged.index} in term ${acknowledged.term}`;
      this.#verdict.fail('I-7', `${text}, and ${promise}`);
    } else if (channel.committed[first.index] === first) {
      this.#verdict.fail('I-7', `${text}, which is committed`);
    }
  }

  led: NonNullable<Judge['led']> = (channel: ChannelModel, { node, term }: Leading) => {
    let index = 0;
    for (const [lower, committed] of channel.commitOf) {
      if (lower < term && committed > index) index = committed;
    }
    const own = channel.replica(node).issued.entries[index];
    const committed = channel.committed[index];
    if (own === committed) return;
    const text = `${node} leads ${channel.name} in term ${term} with ${describeEntry(own)}`;
    this.#verdict.fail('I-8', `${text} where ${describeEntry(committed)} was committed`);
  };

  life: NonNullable<Judge['life']> = (node, { kind }) => {
    if (kind !== 'started') return;
    // A new life owes the acknowledgements of the one before, unless its directory lost its word.
    if (!this.#model.isForgetful(node)) return;
    for (const channel of this.#model.channels.values()) {
      channel.replica(node).acknowledged = { term: 0, index: 0 };
    }
  };
}
