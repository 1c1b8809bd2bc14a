/**
 * What is said of a disk is true of that disk, at the moment it is said.
 *
 *   I-4   a vote request, a vote and an acknowledgement leave only once what they promise is durable
 *   I-13  a leader's `match` of a member is on that member's disk, the same entry; so is what a heartbeat calls committed
 *   I-15  what a process finds when it starts is what was last durable, nothing more, nothing less
 *
 * A message that waited behind a slow disk may leave when its term is already over there: a later write, merged with its
 * own, has made a higher term durable. Nothing can rest on it then: who votes in the higher term after it still held the
 * entry, and who did not vote there is not in the quorum that elected somebody without it.
 * I-10, which reads the disks too, stands with the commit index. Gaps in what is written fail I-15 in the model.
 */
import type { Message } from '@cairn/raft';
import { describeEntry } from './log-tree.ts';
import type { Judge, Model } from './model.ts';
import type { SentMessage, Verdict } from './observer.ts';
import type { Replica } from './replica.ts';

type Vote = Extract<Message, { type: 'vote' }>;

export function durability(model: Model, verdict: Verdict): Judge {
  return new Durability(model, verdict);
}

class Durability implements Judge {
  readonly #model: Model;
  readonly #verdict: Verdict;

  constructor(model: Model, verdict: Verdict) {
    this.#model = model;
    this.#verdict = verdict;
  }

  messageSent(sent: SentMessage): void {
    const { from, channel, message } = sent;
    switch (message.type) {
      case 'heartbeat':
        this.#checkToldCommit(sent, message.commit);
        break;
      case 'vote':
        if (!message.pre) this.#checkRequest(this.#replica(from, channel), message);
        break;
      case 'voteResponse':
        if (message.pre || !message.granted) break;
        this.#checkVote(this.#replica(from, channel), message.term, message.to, 'a vote');
        break;
      case 'appendResponse':
        if (message.reject || message.index === 0) break;
        this.#checkAcknowledgement(this.#replica(from, channel), message.term, message.index);
        break;
      default:
        break;
    }
  }

  #replica(node: string, channel: string): Replica {
    return this.#model.channel(channel).replica(node);
  }

  /** The receiver takes the commit index for its own log: whoever leads, it must hold what was committed there. */
  #checkToldCommit({ from, to, channel: name, message }: SentMessage, commit: number): void {
    const channel = this.#model.channel(name);
    const committed = channel.committed[commit];
    const receiver = channel.replica(to);
    if (committed === undefined || receiver.holds(committed) || receiver.hasForgotten) return;
    const disk = `whose disk holds ${describeEntry(receiver.durable.entries[commit])} there`;
    const text = `${from} tells ${to} in term ${message.term} that ${commit} of ${name} is committed`;
    this.#verdict.fail('I-13', `${text}, ${disk}, and not ${describeEntry(committed)}`);
  }

  #checkVote({ node, channel, durable }: Replica, term: number, vote: number, what: string): void {
    const { hard } = durable;
    if (hard.term > term || (hard.term === term && hard.vote === vote)) return;
    const disk = `its disk holds term ${hard.term}, vote ${hard.vote}`;
    const text = `${node} sends ${what} of ${channel} for member ${vote} in term ${term}`;
    this.#verdict.fail('I-4', `${text}, and ${disk}: on disk first`);
  }

  #checkRequest(replica: Replica, { term, from, lastIndex, lastTerm }: Vote): void {
    this.#checkVote(replica, term, from, 'a vote request');
    const { node, channel, durable, view } = replica;
    if (view?.role !== 'candidate' || view.term !== term) return;
    const last = durable.entries[lastIndex];
    if (last !== undefined && last.term === lastTerm) return;
    const quoted = `its log ends at ${lastIndex}/t${lastTerm}`;
    const disk = `its disk holds ${describeEntry(last)} there`;
    this.#verdict.fail(
      'I-4',
      `${node} asks for votes in ${channel}, saying ${quoted}, and ${disk}`,
    );
  }

  #checkAcknowledgement(replica: Replica, term: number, index: number): void {
    const { channel, durable } = replica;
    if (durable.hard.term > term) return;
    const entry = durable.entries[index];
    if (durable.hard.term < term || entry === undefined) {
      const disk = `its disk holds term ${durable.hard.term} and ends at ${durable.last}`;
      const text = describeAcknowledgement(replica, term, index);
      this.#verdict.fail('I-4', `${text}, and ${disk}: on disk first`);
      return;
    }
    const expected = this.#leaderEntry(channel, term, index);
    if (expected === undefined ? entry.term === term : expected === entry) return;
    if (expected === null) return;
    const text = describeAcknowledgement(replica, term, index);
    const disk = `its disk holds ${describeEntry(entry)}`;
    this.#verdict.fail(
      'I-4',
      `${text}, where the leader has ${describeEntry(expected)} and ${disk}`,
    );
  }

  /** Undefined: not written by the leader, hence of its own term. Null: the leader is gone. */
  #leaderEntry(channelName: string, term: number, index: number) {
    const channel = this.#model.channel(channelName);
    const leading = channel.leaders.get(term);
    const leader = leading === undefined ? undefined : channel.replica(leading.node);
    if (leader === undefined || !leader.isLeaderIn(term)) return null;
    return leader.issued.entries[index];
  }

  channelChanged: NonNullable<Judge['channelChanged']> = (node, channel, now, before) => {
    if (before === null) this.#checkRecovery(this.#replica(node, channel), now);
    if (now.role === 'leader' && now.commit !== before?.commit) this.#checkMatches(node, channel);
  };

  /** A voter's first act may be to stand for election: alone, it is a candidate before the event is over. */
  #checkRecovery({ node, channel, durable }: Replica, now: NonNullable<Replica['view']>): void {
    const { hard, last } = durable;
    const stands = now.role === 'candidate' && now.term === hard.term + 1;
    const isSame = now.last === last && now.commit === hard.commit && now.applied === hard.commit;
    if (isSame && (now.term === hard.term || stands)) return;
    const found = `term ${now.term}, commit ${now.commit}, applied ${now.applied}, last ${now.last}`;
    const disk = `term ${hard.term}, commit ${hard.commit}, last ${last}`;
    const text = `${node} starts ${channel} with ${found}, and its disk holds ${disk}`;
    this.#verdict.fail('I-15', text);
  }

  #checkMatches(node: string, name: string): void {
    const channel = this.#model.channel(name);
    const leader = channel.replica(node);
    const status = this.#model.watched.statusOf(node, name);
    if (status === undefined || status.term !== channel.highestTerm) return;
    for (const { id, match } of status.progress) {
      const member = match === 0 ? undefined : channel.replicaOfMember(id);
      if (member === undefined || member.hasForgotten) continue;
      const held = member.durable.entries[match];
      const own = leader.issued.entries[match];
      if (held !== undefined && (own === undefined ? held.term === status.term : held === own)) {
        continue;
      }
      const text = `${node} leads ${name} in term ${status.term} with match ${match} of ${member.node}`;
      const disk = `whose disk holds ${describeEntry(held)} there`;
      this.#verdict.fail('I-13', `${text}, ${disk}, and not ${describeEntry(own)}`);
    }
  }
}

function describeAcknowledgement({ node, channel }: Replica, term: number, index: number): string {
  return `${node} acknowledges ${index} of ${channel} in term ${term}`;
}
