/**
 * Coverage marks: what must have happened somewhere in a thousand seeds, or the seeds prove less than they seem to.
 */
import type {
  Answer,
  ChannelView,
  DiskTransaction,
  LifeEvent,
  NodeName,
  Observer,
  SentMessage,
  Submission,
} from './oracle/observer.ts';

export const markNames = [
  'leader elected',
  'leader changed',
  'two leaders alive in different terms',
  'conflict truncated',
  'conflict of 100 entries truncated',
  'configuration entry truncated',
  'crash kept writes nobody was told of',
  'crash lost undurable writes',
  'leader crashed with an undurable tail',
  'candidate crashed with its own vote undurable',
  'vote answered after the candidate crashed',
  'pre-vote refused by a lease',
  'pre-vote refused by a member',
  'transfer done',
  'transfer aborted',
  'joint configuration entered',
  'append refused',
  'quorum inactive: leader stepped down',
  'removed leader stepped down',
  'disk error ended a process',
  'damaged record found',
  'wiped voter refused',
  'rolled back voter refused',
  'garbage delivered',
  'paused leader went on',
  'outcome unknown',
  'id conflict',
  'duplicate answered with its receipt',
  'submission refused without a leader',
] as const;

export type MarkName = (typeof markNames)[number];
type Entries = DiskTransaction['channels'][number]['entries'];

/** One channel on one node, as its disk and its views told it. */
interface Watched {
  last: number;
  configs: number[];
  role: ChannelView['role'] | null;
  term: number;
  isGone: boolean;
}

export class Marks implements Partial<Observer> {
  readonly hit = new Map<MarkName, number>();
  readonly #watched = new Map<NodeName, Map<string, Watched>>();
  readonly #pausedLeaders = new Set<NodeName>();

  #mark(name: MarkName): void {
    this.hit.set(name, (this.hit.get(name) ?? 0) + 1);
  }

  #of(node: NodeName): Map<string, Watched> {
    let channels = this.#watched.get(node);
    if (channels === undefined) {
      channels = new Map();
      this.#watched.set(node, channels);
    }
    return channels;
  }

  #at(node: NodeName, channel: string): Watched {
    const channels = this.#of(node);
    let watched = channels.get(channel);
    if (watched === undefined) {
      watched = { last: 0, configs: [], role: null, term: 0, isGone: true };
      channels.set(channel, watched);
    }
    return watched;
  }

  messageSent({ message, to, channel }: SentMessage): void {
    if (message.type === 'appendResponse' && message.reject) this.#mark('append refused');
    if (message.type !== 'voteResponse' || message.pre) return;
    const candidate = this.#at(to, channel);
    if (candidate.isGone && candidate.role === 'candidate') {
      this.#mark('vote answered after the candidate crashed');
    }
  }

  garbageDelivered(): void {
    this.#mark('garbage delivered');
  }

  diskIssued(node: NodeName, { channels }: DiskTransaction): void {
    for (const { channel, last, entries } of channels) {
      const watched = this.#at(node, channel);
      this.#noteCut(watched, entries);
      for (const { kind, index } of entries) if (kind === 'config') watched.configs.push(index);
      watched.last = last;
    }
  }

  #noteCut(watched: Watched, [first]: Entries): void {
    if (first === undefined || first.index > watched.last) return;
    this.#mark('conflict truncated');
    if (watched.last - first.index >= 100) this.#mark('conflict of 100 entries truncated');
    const kept = watched.configs.filter((index) => index < first.index);
    if (kept.length < watched.configs.length) this.#mark('configuration entry truncated');
    watched.configs = kept;
  }

  diskCrashed(
    node: NodeName,
    survived: readonly DiskTransaction[],
    lost: readonly DiskTransaction[],
  ): void {
    if (survived.length > 0) this.#mark('crash kept writes nobody was told of');
    if (lost.length > 0) this.#mark('crash lost undurable writes');
    for (const { channels } of lost) {
      for (const { channel, entries } of channels) this.#noteLoss(this.#at(node, channel), entries);
    }
    // What its disk holds now is told anew by what it writes next.
    for (const watched of this.#of(node).values()) watched.last = 0;
  }

  #noteLoss({ role }: Watched, entries: Entries): void {
    if (role === 'leader' && entries.length > 0)
      this.#mark('leader crashed with an undurable tail');
    if (role === 'candidate') this.#mark('candidate crashed with its own vote undurable');
  }

  life(node: NodeName, event: LifeEvent): void {
    switch (event.kind) {
      case 'fatal':
        this.#noteEnd(event.code);
        this.#gone(node);
        break;
      case 'crashed':
      case 'stopped':
        this.#gone(node);
        break;
      case 'channelFailed':
        this.#noteEnd(event.code);
        break;
      case 'paused':
        if (this.#leads(node)) this.#pausedLeaders.add(node);
        break;
      case 'resumed':
        if (this.#pausedLeaders.delete(node)) this.#mark('paused leader went on');
        break;
      default:
        break;
    }
  }

  #leads(node: NodeName): boolean {
    return [...this.#of(node).values()].some(({ role, isGone }) => role === 'leader' && !isGone);
  }

  #gone(node: NodeName): void {
    for (const watched of this.#of(node).values()) watched.isGone = true;
    this.#pausedLeaders.delete(node);
  }

  #noteEnd(code: string): void {
    const name = marksOfCodes[code];
    if (name !== undefined) this.#mark(name);
  }

  channelChanged(
    node: NodeName,
    channel: string,
    now: ChannelView,
    before: ChannelView | null,
  ): void {
    const watched = this.#at(node, channel);
    watched.isGone = false;
    watched.role = now.role;
    watched.term = now.term;
    if (now.role !== 'leader' || before?.role === 'leader') return;
    this.#mark('leader elected');
    for (const [, channels] of this.#watched) {
      const other = channels.get(channel);
      if (other?.role !== 'leader' || other.isGone || other.term === now.term) continue;
      this.#mark('two leaders alive in different terms');
    }
  }

  logged(_node: NodeName, _channel: string, _term: number, text: string): void {
    if (ofBlocks.test(text)) return;
    for (const [words, name] of marksOfWords) if (words.test(text)) this.#mark(name);
  }

  answered(_submission: Submission, { status, code, duplicate }: Answer): void {
    if (code === 'OUTCOME_UNKNOWN') this.#mark('outcome unknown');
    if (status === 409) this.#mark('id conflict');
    if (status === 200 && duplicate) this.#mark('duplicate answered with its receipt');
    if (status === 503) this.#mark('submission refused without a leader');
  }
}

const marksOfCodes: Readonly<Record<string, MarkName>> = {
  WRITE_FAILED: 'disk error ended a process',
  RECORD_DAMAGED: 'damaged record found',
  DATA_DAMAGED: 'damaged record found',
  VOTER_DIRECTORY_EMPTY: 'wiped voter refused',
  DATA_OLDER_THAN_ACKNOWLEDGED: 'rolled back voter refused',
};

/** Most of what is logged; none of it is a mark. */
const ofBlocks = /^(?:Writing|Created) block /;

const marksOfWords: readonly (readonly [RegExp, MarkName])[] = [
  [/^Raft leader changed: \d+ -> [1-9]/, 'leader changed'],
  [/ignored MsgPreVote .*lease is not expired/, 'pre-vote refused by a lease'],
  [/received MsgPreVoteResp rejection/, 'pre-vote refused by a member'],
  [/since quorum is not active/, 'quorum inactive: leader stepped down'],
  [/since it is no longer a voter/, 'removed leader stepped down'],
  [/handed leadership over/, 'transfer done'],
  [/gave up transferring/, 'transfer aborted'],
  [/switched to configuration .*&&/, 'joint configuration entered'],
];
