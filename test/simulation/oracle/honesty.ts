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

/** What is known of one id. */
interface Known {
  /** How many attempts were made, and how many of them may commit yet. */
  attempts: number;
  open: number;
  lastRefusal: string;
  /** Where it is committed; 0: nowhere. */
  index: number;
}

export function honesty(model: Model, verdict: Verdict): Judge {
  return new Honesty(model, verdict);
}

class Honesty implements Judge {
  readonly #model: Model;
  readonly #verdict: Verdict;
  /** By channel, then by id: ids are asked for all the time, and a joint key would be hashed anew each time. */
  readonly #known = new Map<string, Map<string, Known>>();
  /** By channel: the newest entry that a leader may have committed as it died. */
  readonly #lastWords = new Map<string, LogEntry>();

  constructor(model: Model, verdict: Verdict) {
    this.#model = model;
    this.#verdict = verdict;
  }

  #of(channel: string, id: string): Known {
    let ids = this.#known.get(channel);
    if (ids === undefined) {
      ids = new Map();
      this.#known.set(channel, ids);
    }
    let known = ids.get(id);
    if (known === undefined) {
      known = { attempts: 0, open: 0, lastRefusal: '', index: 0 };
      ids.set(id, known);
    }
    return known;
  }

  submitted({ channel, id }: Submission): void {
    const known = this.#of(channel, id);
    known.attempts += 1;
    known.open += 1;
  }

  answered(submission: Submission, answer: Answer): void {
    const { status, code, place } = answer;
    if (place !== null) {
      this.#checkReceipt(submission, place);
    } else if (status !== UNKNOWN && status !== CONFLICT) {
      const known = this.#of(submission.channel, submission.id);
      known.open -= 1;
      known.lastRefusal = `${status} ${code ?? ''}`;
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
      const known = this.#of(name, id);
      const { index: before, attempts, open, lastRefusal } = known;
      known.index = index;
      if (before !== 0) {
        const text = `${id} of ${name} is committed at log indexes ${before} and ${index}`;
        this.#verdict.fail('I-16', text);
      }
      if (attempts === 0 || open > 0) continue;
      const text = `${id} of ${name} is committed at log index ${index}`;
      const refused = `every attempt was refused before, last with ${lastRefusal}`;
      this.#verdict.fail('I-24', `${text}, and ${refused}`);
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
