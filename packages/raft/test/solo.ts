/**
 * One real core on a workbench: messages are handed to it by hand, what it says is looked at.
 */

import type { Entry, Message, RaftCore, RaftOptions } from '@cairn/raft';
import { bytes, conf, defaults, emptyDisk, entriesOf, id, index, Node, term } from './network.ts';

export interface SoloSetting {
  /** Terms of the entries in its log, from index 1. */
  readonly terms?: readonly number[];
  readonly term?: number;
  readonly vote?: number;
  readonly commit?: number;
  readonly voters?: readonly number[];
  readonly learners?: readonly number[];
  readonly options?: Partial<RaftOptions>;
  readonly seed?: number;
}

/** A member with id 1 of voters 1..3 unless told otherwise. */
export class Solo {
  readonly node: Node;

  constructor(setting: SoloSetting = {}) {
    const voters = setting.voters ?? [1, 2, 3];
    const disk = emptyDisk(conf(voters, { learners: setting.learners ?? [] }));
    disk.entries = entriesOf(setting.terms ?? []);
    disk.hard = {
      term: term(setting.term ?? setting.terms?.at(-1) ?? 0),
      vote: id(setting.vote ?? 0),
      commit: index(setting.commit ?? 0),
    };
    this.node = new Node({ ...defaults, ...setting.options, id: id(1) }, disk, setting.seed ?? 1);
  }

  get core(): RaftCore {
    return this.node.core;
  }

  /** Runs until silence and returns everything said. */
  drain(): Message[] {
    const out: Message[] = [];
    while (this.core.hasEffects() || this.node.pending.length > 0) out.push(...this.node.turn());
    return out;
  }

  step(message: Message): Message[] {
    this.core.step(message);
    return this.drain();
  }

  tick(count = 1): Message[] {
    for (let done = 0; done < count; done++) this.core.tick();
    return this.drain();
  }

  campaign(): Message[] {
    this.core.campaign();
    return this.drain();
  }

  propose(data: string): Message[] {
    this.core.propose(bytes(data));
    return this.drain();
  }

  /** Makes it leader of the next term with the vote of member 2, and of as many as it needs. */
  lead(): Message[] {
    this.campaign();
    const voters = this.core.status.conf.voters.filter((member) => member !== 1);
    return voters.flatMap((from) => this.step(granted(from, this.core.term)));
  }
}

export const append = (
  from: number,
  at: number,
  rest: {
    readonly prev?: readonly [index: number, term: number];
    readonly commit?: number;
    readonly entries?: readonly Entry[];
    readonly to?: number;
  } = {},
): Message => ({
  type: 'append',
  from: id(from),
  to: id(rest.to ?? 1),
  term: term(at),
  prevIndex: index(rest.prev?.[0] ?? 0),
  prevTerm: term(rest.prev?.[1] ?? 0),
  commit: index(rest.commit ?? 0),
  entries: rest.entries ?? [],
});

export const acknowledged = (from: number, at: number, upTo: number): Message => ({
  type: 'appendResponse',
  from: id(from),
  to: id(1),
  term: term(at),
  reject: false,
  index: index(upTo),
});

export const rejected = (
  from: number,
  at: number,
  probed: number,
  hint: readonly [index: number, term: number],
): Message => ({
  type: 'appendResponse',
  from: id(from),
  to: id(1),
  term: term(at),
  reject: true,
  index: index(probed),
  hintIndex: index(hint[0]),
  hintTerm: term(hint[1]),
});

export const vote = (
  from: number,
  at: number,
  log: readonly [index: number, term: number],
  rest: { readonly pre?: boolean; readonly force?: boolean } = {},
): Message => ({
  type: 'vote',
  from: id(from),
  to: id(1),
  term: term(at),
  lastIndex: index(log[0]),
  lastTerm: term(log[1]),
  pre: rest.pre ?? false,
  force: rest.force ?? false,
});

export const ballot = (from: number, at: number, grants: boolean, pre = false): Message => ({
  type: 'voteResponse',
  from: id(from),
  to: id(1),
  term: term(at),
  granted: grants,
  pre,
});

export const granted = (from: number, at: number): Message => ballot(from, at, true);

export const heartbeat = (from: number, at: number, commit = 0): Message => ({
  type: 'heartbeat',
  from: id(from),
  to: id(1),
  term: term(at),
  commit: index(commit),
  probe: 0,
});

export const heartbeatAnswer = (from: number, at: number): Message => ({
  type: 'heartbeatResponse',
  from: id(from),
  to: id(1),
  term: term(at),
  probe: 0,
});

export const timeoutNow = (from: number, at: number, last: number): Message => ({
  type: 'timeoutNow',
  from: id(from),
  to: id(1),
  term: term(at),
  lastIndex: index(last),
});

/** What was said, in a line each: `2<append 1/1 [1/2] commit 1`. */
export const brief = (messages: readonly Message[]): string[] =>
  messages.map((message) => `${message.to}<${describeMessage(message)}`);

function describeMessage(message: Message): string {
  switch (message.type) {
    case 'append': {
      const entries = message.entries.map((entry) => `${entry.term}/${entry.index}`).join(' ');
      const { prevTerm, prevIndex, commit } = message;
      return `append ${prevTerm}/${prevIndex} [${entries}] commit ${commit}`;
    }
    case 'appendResponse':
      if (!message.reject) return `ack ${message.index}`;
      return `reject ${message.index} hint ${message.hintTerm}/${message.hintIndex}`;
    case 'vote': {
      const kind = message.pre ? 'pre-vote' : 'vote';
      return `${kind}@${message.term} ${message.lastTerm}/${message.lastIndex}`;
    }
    case 'voteResponse':
      return `${message.granted ? 'grant' : 'refuse'}@${message.term}`;
    case 'heartbeat':
      return `heartbeat commit ${message.commit}`;
    case 'heartbeatResponse':
      return 'heartbeat answer';
    case 'snapshot':
      return `snapshot ${message.snapshot.index}`;
    case 'timeoutNow':
      return `timeout now ${message.lastIndex}`;
  }
}
