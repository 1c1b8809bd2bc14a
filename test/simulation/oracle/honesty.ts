/**
 * What clients are told, at the moment they are told it (I-16, I-24).
 *
 *   I-16  a receipt names a block that is committed by now, with its hash, and the id stands in it at that place;
 *         no id is committed twice
 *   I-24  a transaction whose every attempt so far has been refused does not commit afterwards: a refusal says "never"
 *
 * Whether all this still holds at the end of the run, the promises check against the final chains. An attempt that got no
 * answer, or 504, may always commit. A leader that dies in the very event in which it commits tells nobody but its clients:
 * what is on the disks of a majority then is as good as committed.
 */
import type { ChannelModel } from './channel-model.ts';
import { describeEntry, type LogEntry } from './log-tree.ts';
import type { Judge, Model } from './model.ts';
import type { Answer, LifeEvent, NodeName, Submission, Verdict } from './observer.ts';
import type { Replica } from './replica.ts';

const UNKNOWN = 504;
const CONFLICT = 409;

/** How the attempts under one id stand: how many may commit yet. */
interface Attempts {
  open: number;
  lastRefusal: string;
}

export function honesty(model: Model, verdict: Verdict): Judge {
  return new Honesty(model, verdict);
}

class Honesty implements Judge {
  readonly #model: Model;
  readonly #verdict: Verdict;
  readonly #attempts = new Map<string, Attempts>();
  readonly #standing = new Map<string, number>();
  /** By channel: the newest entry that a leader may have committed as it died. */
  readonly #lastWords = new Map<string, LogEntry>();

  constructor(model: Model, verdict: Verdict) {
    this.#model = model;
    this.#verdict = verdict;
  }

  submitted({ channel, id }: Submission): void {
    const key = `${channel} ${id}`;
    const attempts = this.#attempts.get(key);
    if (attempts === undefined) this.#attempts.set(key, { open: 1, lastRefusal: '' });
    else attempts.open += 1;
  }

  answered(submission: Submission, answer: Answer): void {
    const { status, code, place } = answer;
    if (place !== null) {
      this.#checkReceipt(submission, place);
    } else if (status !== UNKNOWN && status !== CONFLICT) {
      const attempts = this.#attempts.get(`${submission.channel} ${submission.id}`);
      if (attempts === undefined) return;
      attempts.open -= 1;
      attempts.lastRefusal = `${status} ${code ?? ''}`;
    }
  }

  life(node: NodeName, event: LifeEvent): void {
    if (event.kind !== 'crashed' && event.kind !== 'fatal' && event.kind !== 'stopped') return;
    for (const channel of this.#model.channels.values()) {
      const words = lastWordsOf(channel, channel.replica(node));
      if (words !== undefined) this.#lastWords.set(channel.name, words);
    }
  }

  #blockAt(channel: ChannelModel, number: number): LogEntry | undefined {
    const committed = channel.committedBlocks[number];
    if (committed !== undefined) return committed;
    const unheard: LogEntry[] = [];
    let entry = this.#lastWords.get(channel.name) ?? null;
    for (; entry !== null && entry.index > channel.commit; entry = entry.parent) {
      if (entry.block !== null) unheard.unshift(entry);
    }
    if (entry === null || channel.committed[entry.index] !== entry) return undefined;
    return unheard[number - channel.committedBlocks.length];
  }

  #checkReceipt({ channel: name, id }: Submission, place: NonNullable<Answer['place']>): void {
    const { watched } = this.#model;
    const entry = this.#blockAt(this.#model.channel(name), place.block);
    const isTrue =
      entry !== undefined &&
      watched.hashOf(entry.block!) === place.blockHash &&
      watched.idsIn(entry.block!)[place.index] === id;
    if (isTrue) return;
    const text = `${id} of ${name} was acknowledged at ${place.block}/${place.index}`;
    if (entry === undefined) {
      this.#verdict.fail('I-16', `${text}, and that block is not committed`);
    } else if (watched.hashOf(entry.block!) !== place.blockHash) {
      this.#verdict.fail(
        'I-16',
        `${text} in ${place.blockHash}, and that is not ${describeEntry(entry)}`,
      );
    } else if (watched.idsIn(entry.block!)[place.index] !== id) {
      const other = watched.idsIn(entry.block!)[place.index];
      this.#verdict.fail('I-16', `${text}, where ${other ?? 'nothing'} stands`);
    }
  }

  committed: NonNullable<Judge['committed']> = ({ name }, { kind, block, index }) => {
    if (kind !== 'data') return;
    for (const id of this.#model.watched.idsIn(block!)) {
      const key = `${name} ${id}`;
      const before = this.#standing.get(key);
      this.#standing.set(key, index);
      if (before !== undefined) {
        this.#verdict.fail(
          'I-16',
          `${id} of ${name} is committed at log indexes ${before} and ${index}`,
        );
      }
      const attempts = this.#attempts.get(key);
      if (attempts === undefined || attempts.open > 0) continue;
      const text = `${id} of ${name} is committed at log index ${index}`;
      const last = attempts.lastRefusal;
      this.#verdict.fail(
        'I-24',
        `${text}, and every attempt was refused before, last with ${last}`,
      );
    }
  };
}

/** The newest entry of the newest term it led that is on enough disks. */
function lastWordsOf(channel: ChannelModel, { node, durable }: Replica): LogEntry | undefined {
  const holds = (entry: LogEntry) => (id: number) =>
    channel.replicaOfMember(id)?.holds(entry) === true;
  return durable.entries.findLast(
    (entry) =>
      entry.index > channel.commit &&
      channel.leaders.get(entry.term)?.node === node &&
      channel
        .configsBetween(entry.parent!, durable.hard.commit)
        .some((config) => channel.isQuorum(config, holds(entry))),
  );
}
