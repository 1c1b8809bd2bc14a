/**
 * Configurations (I-14).
 *
 *   a  a leader's log holds one config entry at most that it has not applied
 *   b  who proposes one has committed an entry of its own term
 *   c  no two members under different configurations could win one term: whatever votes elect the one leave too few for
 *      the other (judged when somebody asks for votes)
 *   d  who becomes leader was granted votes by a majority of each set of voters of its own configuration, and of nobody else
 *   e  nobody stands for election with a committed configuration that it has not applied
 *   f  an id means one name for ever, and whoever left does not come back under it
 *   g  what Raft counts with is what the newest applied config block says
 */
import { raftConfOf } from '@cairn/ledger';
import type { RaftStatus } from '@cairn/raft';
import type { ChannelModel, Leading } from './channel-model.ts';
import type { LogEntry } from './log-tree.ts';
import type { Judge, Model } from './model.ts';
import type { ChannelView, NodeName, SentMessage, Verdict } from './observer.ts';
import { type Contender, disjointQuorums } from './quorums.ts';
import type { Replica } from './replica.ts';

export function configuration(model: Model, verdict: Verdict): Judge {
  return new Configuration(model, verdict);
}

class Configuration implements Judge {
  readonly #model: Model;
  readonly #verdict: Verdict;
  /** By channel, term and candidate: who granted it a vote, as it has heard. */
  readonly #grants = new Map<string, Set<number>>();
  readonly #members = new Map<
    string,
    { readonly names: Map<number, string>; present: Set<number> }
  >();

  constructor(model: Model, verdict: Verdict) {
    this.#model = model;
    this.#verdict = verdict;
  }

  #fail(sentence: string): void {
    this.#verdict.fail('I-14', sentence);
  }

  messageSent(sent: SentMessage): void {
    const { message } = sent;
    if (message.type === 'append') this.#checkProposal(sent);
    else if (message.type === 'vote' && !message.pre) this.#checkRivals(sent);
  }

  #checkProposal({ from, channel: name, message }: SentMessage): void {
    if (message.type !== 'append') return;
    for (const { kind, term, index } of message.entries) {
      if (kind !== 'config' || term !== message.term) continue;
      const { commitOf } = this.#model.channel(name);
      if (commitOf.has(term)) continue;
      const text = `${from} proposes configuration ${index} of ${name} in term ${term}`;
      this.#fail(`${text}, and has committed nothing of that term`);
    }
  }

  /** Every other member that is up and counts by another configuration. */
  #checkRivals({ from, channel: name }: SentMessage): void {
    const channel = this.#model.channel(name);
    const own = channel.replica(from);
    const config = configInForce(own);
    if (config === null) return;
    for (const other of channel.replicas.values()) {
      const rival = configInForce(other);
      if (other === own || !other.isUp || rival === null || rival === config) continue;
      const chosen = disjointQuorums(
        contender(channel, own, config),
        contender(channel, other, rival),
      );
      if (chosen === null) continue;
      const text = `${from} could win a term of ${name} by members ${chosen.join(', ')}`;
      const configs = `configurations ${config.index} and ${rival.index}`;
      this.#fail(`${text}, and ${other.node} the same term by others: ${configs}`);
    }
  }

  messageDelivered({ to, channel, message }: SentMessage): void {
    if (message.type !== 'voteResponse' || message.pre || !message.granted) return;
    const key = `${channel} ${message.term} ${to}`;
    const grants = this.#grants.get(key);
    if (grants === undefined) this.#grants.set(key, new Set([message.from]));
    else grants.add(message.from);
  }

  led: NonNullable<Judge['led']> = (channel: ChannelModel, { node, term }: Leading) => {
    const replica = channel.replica(node);
    const config = configInForce(replica);
    if (config === null) return;
    const grants = this.#grants.get(`${channel.name} ${term} ${node}`);
    const has = (id: number) =>
      grants?.has(id) === true || channel.replicaOfMember(id)?.node === node;
    if (channel.isQuorum(config, has)) return;
    const voters = [...(grants ?? [])].join(', ') || 'nobody else';
    const text = `${node} leads ${channel.name} in term ${term} by the votes of ${voters}`;
    this.#fail(`${text}: no majority of configuration ${config.index}`);
  };

  channelChanged(node: NodeName, name: string, now: ChannelView, before: ChannelView | null): void {
    const channel = this.#model.channel(name);
    const replica = channel.replica(node);
    if (now.role === 'leader') this.#checkPending(replica, now);
    else if (now.role !== 'follower' && now.role !== before?.role)
      this.#checkStanding(replica, now);
    if (now.applied !== before?.applied) this.#checkInForce(channel, replica, before);
  }

  #checkPending({ node, channel, issued }: Replica, { applied, term }: ChannelView): void {
    const end = issued.entries[issued.last];
    const begin = issued.entries[applied];
    if (end === undefined || begin === undefined || end.configCount - begin.configCount <= 1)
      return;
    const text = `${node} leads ${channel} in term ${term} with ${end.configCount - begin.configCount}`;
    this.#fail(`${text} config entries in (${applied}, ${issued.last}]: one at a time`);
  }

  #checkStanding({ node, channel, issued }: Replica, { role, applied, commit }: ChannelView): void {
    const end = issued.entries[Math.min(commit, issued.last)];
    const begin = issued.entries[applied];
    if (end === undefined || begin === undefined || end.configCount === begin.configCount) return;
    // Behind a slow disk its log may be another one by now, without a word of that to the disk yet.
    if (this.#model.channel(channel).committed[end.index] !== end) return;
    const text = `${node} is ${role} in ${channel} with applied ${applied} and commit ${commit}`;
    this.#fail(`${text}, and configuration ${end.config!.index} between: apply it first`);
  }

  #checkInForce(channel: ChannelModel, replica: Replica, before: ChannelView | null): void {
    const { node, issued, view } = replica;
    const applied = issued.entries[view?.applied ?? 0];
    const previous = before === null ? null : issued.entries[before.applied];
    if (applied?.config == null || applied.config === previous?.config) return;
    const status = this.#model.watched.statusOf(node, channel.name);
    if (status === undefined) return;
    const expected = textOf(raftConfOf(channel.configOf(applied.config)));
    const counted = textOf(status.conf);
    if (expected === counted) return;
    const text = `${node} counts by ${counted} in ${channel.name}`;
    this.#fail(`${text}, and configuration ${applied.config.index} says ${expected}`);
  }

  committed: NonNullable<Judge['committed']> = (channel, entry) => {
    if (entry.kind !== 'config') return;
    let known = this.#members.get(channel.name);
    if (known === undefined) {
      known = { names: new Map(), present: new Set() };
      this.#members.set(channel.name, known);
    }
    const { members } = channel.configOf(entry);
    for (const { id, name } of members) {
      const before = known.names.get(id);
      const isBack = before !== undefined && !known.present.has(id);
      known.names.set(id, name);
      if (!isBack && (before === undefined || before === name)) continue;
      const text = `configuration ${entry.index} of ${channel.name} gives id ${id} to ${name}`;
      this.#fail(`${text}, which was ${before}'s${isBack ? ' until it left' : ''}`);
    }
    known.present = new Set(members.map(({ id }) => id));
  };
}

/** As of the last event of the process; of its disk if it is down. */
function configInForce({ issued, view, durable }: Replica): LogEntry | null {
  return issued.entries[view?.applied ?? durable.hard.commit]?.config ?? null;
}

function contender(channel: ChannelModel, own: Replica, config: LogEntry): Contender {
  const { members, outgoing } = channel.configOf(config);
  const ids = new Set([...members.map(({ id }) => id), ...outgoing]);
  const supporters = [...ids].filter((id) => {
    const other = channel.replicaOfMember(id);
    return other !== undefined && isUpToDate(own, other);
  });
  return { supporters, isQuorum: (voters) => channel.isQuorum(config, (id) => voters.has(id)) };
}

/** The vote rule: terms first, then length. */
function isUpToDate(candidate: Replica, voter: Replica): boolean {
  const own = candidate.issued.entries[candidate.issued.last]!;
  const other = voter.issued.entries[voter.issued.last]!;
  return own.term > other.term || (own.term === other.term && own.index >= other.index);
}

type Lists = Pick<RaftStatus['conf'], 'voters' | 'outgoing' | 'learners' | 'learnersNext'>;

function textOf(lists: { readonly [Name in keyof Lists]: readonly number[] }): string {
  const { voters, outgoing, learners, learnersNext } = lists;
  const sorted = (ids: readonly number[]) => [...ids].sort((one, other) => one - other).join(',');
  return [voters, outgoing, learners, learnersNext].map(sorted).join(' | ');
}
