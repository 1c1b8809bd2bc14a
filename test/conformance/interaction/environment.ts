/**
 * The world of one interaction file: nodes, messages on their way, and the transcript.
 *
 * Every directive writes what it did; an empty transcript reads `ok`. At log level `none` only errors
 * are written.
 */

import {
  type Message,
  type RaftEvent,
  RaftInvariantError,
  renderEvent,
  toMemberId,
} from '@cairn/raft';
import {
  describeEntries,
  describeHardState,
  describeMessage,
  describeSnapshot,
  messageType,
  roleName,
} from './format.ts';
import { HarnessNode, type NodeSettings, type Ready } from './node.ts';

export const levels = ['debug', 'info', 'warn', 'error', 'fatal', 'none'] as const;
export type Level = (typeof levels)[number];

export interface Recipient {
  readonly id: number;
  readonly drop: boolean;
}

const responses = ['appendResponse', 'voteResponse', 'heartbeatResponse'];

export class Environment {
  readonly nodes: HarnessNode[] = [];
  messages: Message[] = [];
  level: Level = 'debug';
  #transcript = '';
  #indent = '';

  get isQuiet(): boolean {
    return this.level === 'none';
  }

  takeTranscript(): string {
    const transcript = this.#transcript;
    this.#transcript = '';
    return transcript;
  }

  /** Writes whole lines, indented as deep as the work at hand. */
  write(text: string): void {
    if (this.isQuiet || text === '') return;
    const lines = text.endsWith('\n') ? text.slice(0, -1) : text;
    this.#transcript += `${lines.replace(/^/gm, this.#indent)}\n`;
  }

  indented(work: () => void): void {
    const before = this.#indent;
    this.#indent += '  ';
    work();
    this.#indent = before;
  }

  node(id: number): HarnessNode {
    const node = this.nodes[id - 1];
    if (node === undefined) throw new RangeError(`there is no node ${id}`);
    return node;
  }

  addNode(settings: NodeSettings): void {
    const { id } = settings.options;
    this.nodes.push(new HarnessNode(settings, (event) => this.#log(id, event)));
  }

  #log(id: number, event: RaftEvent): void {
    const line = renderEvent(toMemberId(id), event);
    if (line === null || levels.indexOf(line.level) < levels.indexOf(this.level)) return;
    this.write(`${line.level.toUpperCase()} ${line.text}`);
  }

  processReady(id: number): void {
    const messages = this.node(id).processReady((ready) => this.write(describeReady(ready)));
    this.messages.push(...messages);
  }

  /** Delivers, or drops, what is on its way to `recipient`; says how many messages. */
  deliver(recipient: Recipient, type: string | null): number {
    const chosen = this.messagesTo(recipient.id, type);
    this.messages = this.messages.filter((message) => !chosen.includes(message));
    for (const message of chosen) {
      this.write(`${recipient.drop ? 'dropped: ' : ''}${describeMessage(message)}`);
      if (!recipient.drop) this.#step(recipient.id, message);
    }
    return chosen.length;
  }

  messagesTo(id: number, type: string | null): Message[] {
    return this.messages.filter(
      (message) => message.to === id && (type === null || messageType(message) === type),
    );
  }

  /** Answers of members that are no longer in the configuration are refused at the door, as in etcd. */
  #step(id: number, message: Message): void {
    const node = this.node(id);
    if (responses.includes(message.type) && !knows(node, message.from)) {
      this.write('raft: cannot step as peer not found');
      return;
    }
    node.act((core) => core.step(message));
  }

  stabilize(ids: readonly number[]): void {
    for (let round = 0; this.#stabilizeOnce(ids); round++) {
      if (round > 10_000) throw new RaftInvariantError('the nodes never fall silent');
    }
  }

  #stabilizeOnce(ids: readonly number[]): boolean {
    let busy = false;
    for (const id of ids.filter((each) => this.node(each).hasReady)) {
      busy = true;
      this.write(`> ${id} handling Ready`);
      this.indented(() => this.processReady(id));
    }
    for (const id of ids.filter((each) => this.messagesTo(each, null).length > 0)) {
      busy = true;
      this.write(`> ${id} receiving messages`);
      this.indented(() => this.deliver({ id, drop: false }, null));
    }
    return busy;
  }
}

function knows(node: HarnessNode, id: number): boolean {
  const { voters, outgoing, learners } = node.core.status.conf;
  return [...voters, ...outgoing, ...learners].some((member) => member === id);
}

function describeReady(ready: Ready): string {
  const parts: string[] = [];
  if (ready.soft !== null) {
    parts.push(`Lead:${ready.soft.leader} State:${roleName(ready.soft.role)}\n`);
  }
  if (ready.hard !== null) parts.push(`HardState ${describeHardState(ready.hard)}\n`);
  if (ready.entries.length > 0) parts.push(`Entries:\n${describeEntries(ready.entries)}`);
  if (ready.snapshot !== null) parts.push(`Snapshot ${describeSnapshot(ready.snapshot)}\n`);
  if (ready.committed.length > 0) {
    parts.push(`CommittedEntries:\n${describeEntries(ready.committed)}`);
  }
  if (ready.messages.length > 0) {
    parts.push(`Messages:\n${ready.messages.map((each) => `${describeMessage(each)}\n`).join('')}`);
  }
  if (parts.length === 0) return '<empty Ready>';
  return `Ready MustSync=${ready.mustSync}:\n${parts.join('')}`;
}
