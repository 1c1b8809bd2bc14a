/**
 * Listens to the cluster and keeps what the reader of a story wants to know, a few words each.
 *
 * Elections are told from the log lines of the orderers; entries from messages and disks; clients' answers across the page.
 */
import type {
  ChannelRecordWrite,
  ChannelView,
  LifeEvent,
  Observer,
  SentMessage,
} from '../simulation/oracle/observer.ts';
import type { World } from '../simulation/world.ts';
import type { Told } from './columns.ts';
import { shorten } from './elections.ts';
import { textOfEntry } from './logs.ts';

export type Topic = 'elections' | 'entries';

interface Cell extends Told {
  text: string;
  readonly key: string | null;
}

type Append = Extract<SentMessage['message'], { type: 'append' }>;
type AppendResponse = Extract<SentMessage['message'], { type: 'appendResponse' }>;

export class Teller implements Partial<Observer> {
  topics: ReadonlySet<Topic> = new Set();
  readonly #world: World;
  /** What each has answered last: twice the same is told once. */
  readonly #answers = new Map<string, string>();
  readonly #fresh = new Set<string>();
  #cells: Cell[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** What was told since the last call. */
  take(): readonly Told[] {
    const told = this.#cells;
    this.#cells = [];
    return told;
  }

  #say(
    topic: Topic,
    node: string,
    text: string,
    key: string | null = null,
    item: string | null = null,
  ): void {
    if (!this.topics.has(topic)) return;
    const atMs = this.#world.nowMs;
    const before = this.#cells.findLast((cell) => cell.node === node && cell.atMs === atMs);
    if (key === null || before?.key !== key) {
      this.#cells.push({ atMs, node, text: item === null ? text : `${text} ${item}`, key });
    } else before.text = item === null ? text : `${before.text}, ${item}`;
  }

  across(text: string): void {
    if (this.topics.size === 0) return;
    this.#cells.push({ atMs: this.#world.nowMs, node: null, text, key: null });
  }

  life(node: string, event: LifeEvent): void {
    const { kind } = event;
    if (kind === 'fatal' || kind === 'channelFailed') {
      this.#say('elections', node, `${event.code}: ${event.message}`);
    } else if (kind === 'started') this.#fresh.add(node);
  }

  logged(node: string, _channel: string, _term: number, line: string): void {
    const { text, key = null, item = null } = shorten(line) ?? {};
    if (text === undefined) return;
    // Every orderer begins as a follower, and every leader knows who leads.
    if (this.#fresh.delete(node) && text.startsWith('became follower')) return;
    if (text === `leader is ${memberNumber(node)}`) return;
    const isOfLogs = text.startsWith('truncated') && this.topics.has('entries');
    this.#say(isOfLogs ? 'entries' : 'elections', node, text, key, item);
  }

  messageSent({ from, message }: SentMessage): void {
    if (message.type === 'append') this.#tellAppend(from, message);
    if (message.type === 'appendResponse') this.#tellAnswer(from, message);
  }

  #tellAppend(node: string, { prevIndex, prevTerm, entries, commit, to }: Append): void {
    const range = rangeOf(entries);
    const what = range === '' ? `commit ${commit}` : `${range} after ${prevTerm}/${prevIndex}`;
    const key = `sent MsgApp, ${what}, to`;
    this.#say('entries', node, key, key, String(to));
  }

  #tellAnswer(node: string, message: AppendResponse): void {
    const { index } = message;
    const text = message.reject
      ? `rejected MsgApp after index ${index}: mine may agree at ${message.hintTerm}/${message.hintIndex}`
      : `sent MsgAppResp: index ${index}`;
    if (this.#answers.get(node) === text) return;
    this.#answers.set(node, text);
    this.#say('entries', node, text);
  }

  diskDurable(
    node: string,
    { channels }: { readonly channels: readonly ChannelRecordWrite[] },
  ): void {
    for (const { index, term, kind, block } of channels.flatMap(({ entries }) => entries)) {
      const content = textOfEntry(kind, block);
      this.#say('entries', node, `on disk: ${term}/${index} ${content}`);
    }
  }

  channelChanged(
    node: string,
    _channel: string,
    now: ChannelView,
    before: ChannelView | null,
  ): void {
    if (before === null) return;
    if (now.role === 'leader') {
      if (now.commit > before.commit) this.#say('entries', node, `committed up to ${now.commit}`);
    } else if (now.applied > before.applied) {
      this.#say('entries', node, `applied up to ${now.applied}`);
    }
  }
}

const memberNumber = (node: string): string => node.replace('orderer', '');

function rangeOf(entries: Append['entries']): string {
  const [first, last] = [entries[0]?.index, entries.at(-1)?.index];
  if (first === undefined) return '';
  return first === last ? `entry ${first}` : `entries ${first} to ${last}`;
}
