/**
 * Elections and votes, over the whole run and across restarts.
 *
 *   I-1  a term has one leader at most, and nobody leads a term twice
 *   I-2  in a term, a member's vote goes to one candidate; asking for votes is voting for oneself
 *   I-3  the term never falls; within a term a vote, once cast, never changes, in memory or on disk
 *
 * A directory that was rolled back or wiped has forgotten its votes: what it says afterwards is held against nothing it said
 * before. That it may say anything at all is judged where entries are.
 */
import type { Judge, Model } from './model.ts';
import type { NodeName, SentMessage, Verdict } from './observer.ts';
import type { Replica } from './replica.ts';

export function elections(model: Model, verdict: Verdict): Judge {
  return new Elections(model, verdict);
}

class Elections implements Judge {
  readonly #model: Model;
  readonly #verdict: Verdict;
  /** By node and channel: the candidate voted for in each term. */
  readonly #votes = new Map<string, Map<number, number>>();

  constructor(model: Model, verdict: Verdict) {
    this.#model = model;
    this.#verdict = verdict;
  }

  led: NonNullable<Judge['led']> = (channel, { term, node, life }, before) => {
    if (before === undefined || this.#model.isForgetful(before.node)) return;
    const text = `${node} (life ${life}) leads ${channel.name} in term ${term}`;
    const other = `${before.node} (life ${before.life}) has led that term`;
    this.#verdict.fail('I-1', `${text}, and ${other}: a term has one leader, once`);
  };

  messageSent({ from, channel, message }: SentMessage): void {
    if (message.type === 'vote') {
      if (!message.pre) this.#vote(from, channel, message.term, message.from);
    } else if (message.type === 'voteResponse') {
      if (message.granted && !message.pre) this.#vote(from, channel, message.term, message.to);
    }
  }

  #vote(node: NodeName, channel: string, term: number, candidate: number): void {
    const key = `${node} ${channel}`;
    let votes = this.#votes.get(key);
    if (votes === undefined) {
      votes = new Map();
      this.#votes.set(key, votes);
    }
    const before = votes.get(term) ?? candidate;
    votes.set(term, candidate);
    if (before === candidate) return;
    const text = `${node} votes for member ${candidate} in term ${term} of ${channel}`;
    this.#verdict.fail('I-2', `${text}, having voted for member ${before}: one vote a term`);
  }

  wrote: NonNullable<Judge['wrote']> = ({ replica, write: { hard }, before }) => {
    if (hard.term < before.term) {
      const text = `term ${hard.term} after ${before.term}: it never falls`;
      this.#verdict.fail('I-3', `${writes(replica)} ${text}`);
    } else if (hard.term === before.term && before.vote !== 0 && hard.vote !== before.vote) {
      const votes = `vote ${hard.vote} in term ${hard.term} after vote ${before.vote}`;
      this.#verdict.fail('I-3', `${writes(replica)} ${votes}: a vote stays`);
    }
  };

  channelChanged: NonNullable<Judge['channelChanged']> = (node, channel, now, before) => {
    const least = before?.term ?? this.#model.channel(channel).replica(node).durable.hard.term;
    if (now.term >= least) return;
    const since = before === null ? 'on its disk' : 'an event ago';
    const text = `${node} is in term ${now.term} of ${channel}`;
    this.#verdict.fail('I-3', `${text} and was in ${least} ${since}: it never falls`);
  };

  diskDamaged: NonNullable<Judge['diskDamaged']> = (node, damage) => {
    if (damage !== 'rolledBack' && damage !== 'wiped') return;
    for (const key of this.#votes.keys()) if (key.startsWith(`${node} `)) this.#votes.delete(key);
  };
}

const writes = ({ node, channel }: Replica): string => `${node} writes for ${channel}`;
