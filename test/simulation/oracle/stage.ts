/**
 * Three orderers made of words: events told to the oracle by hand, right ones and wrong ones, for its own tests.
 *
 * Verbs keep what a machine would keep (its hard state, the end of its log, its view), so that a test says only what is odd.
 */
import {
  type ChannelConfig,
  encodeKey,
  initialConfig,
  parseChannelName,
  parseOrdererName,
  utf8,
  utf8Decode,
} from '@cairn/ledger';
import type { Index, MemberId, Message, RaftStatus, Term } from '@cairn/raft';
import { keyedHashCrypto, signerOf } from '../crypto.ts';
import { oraclesOver } from './index.ts';
import type { Load } from './model.ts';
import {
  type ChannelRecordWrite,
  type ChannelView,
  type DiskTransaction,
  type NodeName,
  type Observer,
  observerOf,
  type Submission,
  type WrittenEntry,
} from './observer.ts';

export const CHANNEL = 'mychannel';
export const [A, B, C] = ['orderer1', 'orderer2', 'orderer3'] as const;

type Kept = Omit<ChannelRecordWrite, 'entries' | 'channel'>;
type Hard = { term?: number; vote?: number; commit?: number };

export const memberOf = (node: NodeName): MemberId => Number(node.at(-1)) as MemberId;

export function entry(index: number, term: number, text: string | null = null): WrittenEntry {
  const block = text === null ? null : utf8(text);
  const kind = text === null ? 'noop' : text.startsWith('config') ? 'config' : 'data';
  return { index: index as Index, term: term as Term, kind, block };
}

const fresh: Kept = {
  hard: { term: 1 as Term, vote: 0 as MemberId, commit: 1 as Index },
  first: 2 as Index,
  last: 1 as Index,
  snapshot: { index: 1 as Index, term: 1 as Term },
  newestNumber: 0,
  indexMark: -1,
};

export function configWith(voters: number): ChannelConfig {
  return initialConfig({
    channel: parseChannelName(CHANNEL),
    createdMs: 1_700_000_000_000,
    members: Array.from({ length: voters }, (_, at) => ({
      name: parseOrdererName(`orderer${at + 1}`),
      key: encodeKey(signerOf(keyedHashCrypto, at + 1).publicKey),
      role: 'voter' as const,
    })),
  });
}

export class Stage {
  readonly failures: { readonly invariant: string; readonly sentence: string }[] = [];
  readonly observer: Observer;
  /** By the text of a config block; `config 0` is block 0. */
  readonly configs = new Map([['config 0', configWith(3)]]);
  readonly statuses = new Map<NodeName, Pick<RaftStatus, 'term' | 'progress' | 'conf'>>();
  load: Load | undefined;
  /** What a disk holds when it is read anew. */
  copy: ChannelRecordWrite[] = [];
  event = 0;
  readonly #kept = new Map<NodeName, Kept>();
  readonly #views = new Map<NodeName, ChannelView>();
  readonly #pending = new Map<NodeName, DiskTransaction[]>();
  #seq = 0;
  #sent = 0;
  #attempt = 0;

  constructor() {
    const textOf = (block: Uint8Array) => utf8Decode(block) ?? '';
    const watched = {
      eventNumber: () => this.event,
      nowMs: () => 0,
      statusOf: (node: NodeName) => this.statuses.get(node) as RaftStatus | undefined,
      stored: () => ({ seq: 0, operations: 0, channels: this.copy }),
      configIn: (block: Uint8Array) => this.configs.get(textOf(block))!,
      hashOf: (block: Uint8Array) => `hash of ${textOf(block)}`,
      idsIn: (block: Uint8Array) => textOf(block).split(' '),
      loadOf: () => this.load,
    };
    const fail = (invariant: string, sentence: string) =>
      this.failures.push({ invariant, sentence });
    this.observer = observerOf(oraclesOver(watched, { fail }));
  }

  /** The first rule that was broken; null if none was. */
  get broken(): string | null {
    return this.failures[0]?.invariant ?? null;
  }

  /** All three are up; the first leads term 2 and has committed its no-op at index 2; everybody has applied it. */
  static led(): Stage {
    const stage = new Stage();
    for (const node of [A, B, C]) stage.start(node, 1);
    stage.elect(A, 2, [B]);
    stage.store(A, {}, [entry(2, 2)]);
    for (const node of [B, C]) {
      stage.store(node, { term: 2 }, [entry(2, 2)]);
      stage.view(node, { term: 2, last: 2, leader: memberOf(A) });
    }
    stage.commitEverywhere(2);
    return stage;
  }

  start(node: NodeName, life: number): void {
    this.observer.life(node, { kind: 'started', life });
    this.#views.delete(node);
    if (!this.#kept.has(node)) this.store(node, {}, [entry(1, 1, 'config 0')]);
    const { hard, last } = this.#kept.get(node)!;
    const { term, commit } = hard;
    this.view(node, { role: 'follower', term, commit, applied: commit, last });
  }

  /** Asks for votes, is granted them, leads: all of it as it should be. */
  elect(node: NodeName, term: number, voters: readonly NodeName[]): void {
    this.store(node, { term, vote: memberOf(node) });
    this.view(node, { role: 'candidate', term });
    for (const voter of voters) {
      this.store(voter, { term, vote: memberOf(node) });
      this.view(voter, { term });
      this.exchange(voter, node, { type: 'voteResponse', term, granted: true, pre: false });
    }
    this.view(node, { role: 'leader', leader: memberOf(node) });
  }

  commitEverywhere(index: number): void {
    for (const node of [A, B, C]) {
      this.view(node, { commit: index, last: Math.max(index, this.#views.get(node)!.last) });
      this.store(node, { commit: index });
      this.view(node, { applied: index });
    }
  }

  write(
    node: NodeName,
    hard: Hard,
    entries: readonly WrittenEntry[] = [],
    odd: Partial<Kept> = {},
  ): void {
    const before = this.#kept.get(node) ?? fresh;
    const last = entries.at(-1)?.index ?? before.last;
    const kept = { ...before, hard: { ...before.hard, ...hard } as Kept['hard'], last, ...odd };
    this.#kept.set(node, kept);
    this.#seq += 1;
    const channels = [{ channel: CHANNEL, ...kept, entries }];
    const transaction = { seq: this.#seq, channels, operations: 1 };
    this.#pending.set(node, [...(this.#pending.get(node) ?? []), transaction]);
    this.observer.diskIssued(node, transaction);
  }

  sync(node: NodeName): void {
    this.observer.diskDurable(node, this.#pending.get(node)!.shift()!);
  }

  store(node: NodeName, hard: Hard, entries: readonly WrittenEntry[] = []): void {
    this.write(node, hard, entries);
    this.sync(node);
  }

  /** Pending writes are lost, of which a test must take care itself if it goes on with this node. */
  crash(node: NodeName): void {
    this.observer.life(node, { kind: 'crashed' });
    this.observer.diskCrashed(node, [], this.#pending.get(node) ?? []);
    this.#pending.delete(node);
  }

  /** The disk holds an older copy from here on. */
  rollBack(node: NodeName, hard: Hard, entries: readonly WrittenEntry[]): void {
    const last = entries.at(-1)!.index;
    const kept = { ...fresh, hard: { ...fresh.hard, ...hard } as Kept['hard'], last };
    this.#kept.set(node, kept);
    this.copy = [{ channel: CHANNEL, ...kept, entries }];
    this.observer.diskDamaged(node, 'rolledBack');
  }

  view(node: NodeName, change: { readonly [Name in keyof ChannelView]?: number | string }): void {
    const before = this.#views.get(node) ?? null;
    const base = before ?? { memberId: memberOf(node), role: 'follower', leader: 0 };
    const now = { ...base, ...change } as ChannelView;
    this.event += 1;
    this.#views.set(node, now);
    this.observer.channelChanged(node, CHANNEL, now, before);
  }

  send(from: NodeName, to: NodeName, message: object): void {
    this.observer.messageSent(this.#message(from, to, message));
  }

  exchange(from: NodeName, to: NodeName, message: object): void {
    const sent = this.#message(from, to, message);
    this.observer.messageSent(sent);
    this.observer.messageDelivered(sent);
  }

  #message(from: NodeName, to: NodeName, content: object) {
    const message = { from: memberOf(from), to: memberOf(to), ...content } as Message;
    this.#sent += 1;
    return { id: this.#sent, sentAtMs: 0, from, to, channel: CHANNEL, message, bytes: 100 };
  }

  submit(id: string): Submission {
    this.#attempt += 1;
    const payload = utf8(id);
    const submission = { client: 'client', attempt: this.#attempt, channel: CHANNEL, id, payload };
    this.observer.submitted(submission);
    return submission;
  }
}

export const acknowledgement = (term: number, index: number) => ({
  type: 'appendResponse',
  term,
  reject: false,
  index,
});
export const vote = (term: number, lastIndex: number, lastTerm: number) => ({
  type: 'vote',
  term,
  lastIndex,
  lastTerm,
  pre: false,
  force: false,
});
export const grant = (term: number) => ({ type: 'voteResponse', term, granted: true, pre: false });
export const append = (
  term: number,
  prevIndex: number,
  commit: number,
  entries: object[] = [],
) => ({
  type: 'append',
  term,
  prevIndex,
  prevTerm: 2,
  commit,
  entries,
});

/** The leader and both others hold one more entry, which is not committed yet. */
export function replicated(stage: Stage, text: string | null = 'a'): Stage {
  for (const node of [A, B, C]) {
    stage.store(node, {}, [entry(3, 2, text)]);
    stage.view(node, { last: 3 });
  }
  return stage;
}
