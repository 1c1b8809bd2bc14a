/**
 * What happened, twice: as one running number that two runs of a seed must share, and as the last events in words.
 *
 * The number folds in every event of every observer call: times, places, terms, indexes. Words are made only when somebody
 * wants to read them.
 */

import type {
  Answer,
  ChannelView,
  DiskTransaction,
  LifeEvent,
  NodeName,
  Observer,
  SentMessage,
  ServedBlock,
  Submission,
} from './oracle/observer.ts';
import { describeMessage, describeTransaction, describeView } from './words.ts';
import type { World } from './world.ts';

const KEPT = 200;

export interface TracedEvent {
  readonly atMs: number;
  /** Empty for what happens at no node. */
  readonly node: NodeName | '';
  readonly text: string;
}

/** `words` says `told` in words: a function of its own for each event would be dear. */
interface RawEvent {
  readonly atMs: number;
  readonly node: NodeName | '';
  readonly words: (told: never) => string;
  readonly told: unknown;
}

const wordsOf = ({ words, told }: RawEvent): string => words(told as never);

export class Trace implements Observer {
  readonly #world: World;
  readonly #ring: RawEvent[] = [];
  readonly #listener: ((event: TracedEvent) => void) | null;
  #at = 0;
  #high = 0x9e3779b9 | 0;
  #low = 0x243f6a88 | 0;

  /** `listener` is told each event in words: for a readable replay, far too slow for anything else. */
  constructor(world: World, listener: ((event: TracedEvent) => void) | null = null) {
    this.#world = world;
    this.#listener = listener;
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    const digits = (word: number) => (word >>> 0).toString(16).padStart(8, '0');
    return digits(this.#high) + digits(this.#low);
  }

  /** Oldest first. */
  get last(): TracedEvent[] {
    const ordered = [...this.#ring.slice(this.#at), ...this.#ring.slice(0, this.#at)];
    return ordered.map((event) => ({ atMs: event.atMs, node: event.node, text: wordsOf(event) }));
  }

  #fold(value: number): void {
    const mixed = Math.imul(this.#high ^ value, 0x85ebca6b);
    this.#high = (this.#low + (mixed ^ (mixed >>> 15))) | 0;
    this.#low = Math.imul(this.#low ^ mixed, 0xc2b2ae35) ^ (this.#high >>> 13);
  }

  #foldText(text: string): void {
    for (let at = 0; at < text.length; at++) this.#fold(text.charCodeAt(at));
  }

  #note<Told>(
    code: number,
    node: NodeName | '',
    value: number,
    words: (told: Told) => string,
    told: Told,
  ): void {
    const atMs = this.#world.nowMs;
    this.#fold(atMs);
    this.#fold((code << 24) ^ value);
    this.#fold(node.charCodeAt(node.length - 1) | 0);
    this.#ring[this.#at] = { atMs, node, words, told };
    this.#at = (this.#at + 1) % KEPT;
    this.#listener?.({ atMs, node, text: words(told) });
  }

  messageSent(sent: SentMessage): void {
    this.#note(1, sent.from, sent.message.term ^ sent.bytes, sends, sent);
  }

  messageDelivered(sent: SentMessage): void {
    this.#note(2, sent.to, sent.id, hears, sent);
  }

  garbageDelivered(to: NodeName, what: string): void {
    this.#note(3, to, 0, asTold, `hears garbage on ${what}`);
  }

  diskIssued(node: NodeName, transaction: DiskTransaction): void {
    this.#note(4, node, transaction.operations, writes, transaction);
  }

  diskDurable(node: NodeName, transaction: DiskTransaction): void {
    this.#note(5, node, transaction.seq, hasOnDisk, transaction);
  }

  diskCrashed(
    node: NodeName,
    survived: readonly DiskTransaction[],
    lost: readonly DiskTransaction[],
  ): void {
    const text = `disk: ${survived.length} pending writes survive, ${lost.length} are lost`;
    this.#note(6, node, lost.length, asTold, text);
  }

  diskFailed(node: NodeName, kind: string): void {
    this.#note(7, node, kind.length, asTold, `disk fails: ${kind}`);
  }

  diskDamaged(node: NodeName, damage: string): void {
    this.#note(8, node, damage.length, asTold, `disk is damaged: ${damage}`);
  }

  life(node: NodeName, event: LifeEvent): void {
    this.#foldText(event.kind);
    this.#note(9, node, 0, describeLife, event);
  }

  channelChanged(
    node: NodeName,
    channel: string,
    now: ChannelView,
    before: ChannelView | null,
  ): void {
    const value = (now.commit << 12) ^ (now.applied << 6) ^ now.last ^ now.leader;
    this.#note(10, node, value, describeChange, { channel, now, before });
  }

  logged(node: NodeName, channel: string, term: number, text: string): void {
    this.#foldText(text);
    this.#note(11, node, term, asTold, `${channel}: ${text}`);
  }

  submitted(submission: Submission): void {
    this.#note(12, '', submission.attempt, submits, submission);
  }

  answered(submission: Submission, answer: Answer): void {
    this.#note(13, '', answer.status, describeAnswer, { submission, answer });
  }

  served(block: ServedBlock): void {
    this.#note(14, block.node, block.number, shows, block);
  }

  acted(text: string): void {
    this.#foldText(text);
    this.#note(15, '', 0, asTold, `*** ${text}`);
  }
}

const asTold = (text: string): string => text;

const sends = (sent: SentMessage): string => `sends ${describeMessage(sent)}`;

const hears = (sent: SentMessage): string => `hears ${describeMessage(sent)}`;

const writes = (transaction: DiskTransaction): string =>
  `writes ${describeTransaction(transaction)}`;

const hasOnDisk = (transaction: DiskTransaction): string =>
  `has on disk ${describeTransaction(transaction)}`;

const submits = ({ client, id, channel }: Submission): string =>
  `${client} submits ${id} to ${channel}`;

const shows = ({ channel, number, hash }: ServedBlock): string =>
  `shows block ${number} of ${channel}, ${hash.slice(0, 8)}`;

function describeChange(change: {
  readonly channel: string;
  readonly now: ChannelView;
  readonly before: ChannelView | null;
}): string {
  return `${change.channel}: ${describeView(change.now, change.before)}`;
}

function describeAnswer({
  submission: { client, id },
  answer: { status, code, place },
}: {
  readonly submission: Submission;
  readonly answer: Answer;
}): string {
  const where = place === null ? '' : ` at ${place.block}/${place.index}`;
  return `${client} is told of ${id}: ${status}${where} ${code ?? ''}`;
}

function describeLife(event: LifeEvent): string {
  switch (event.kind) {
    case 'started':
      return `starts, life ${event.life}`;
    case 'fatal':
      return `ends itself: ${event.code}: ${event.message}`;
    case 'channelFailed':
      return `${event.channel} stops here: ${event.code}: ${event.message}`;
    default:
      return event.kind;
  }
}
