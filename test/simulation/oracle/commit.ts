/**
 * The commit index: who may raise it, how far, and what is applied.
 *
 *   I-9   every node applies the one committed chain (that this never changes, the model finds)
 *   I-10  what a leader calls committed is on the disks of a majority of every set of voters of its configuration
 *   I-11  the entry at a commit index that a leader has raised is of its own term
 *   I-12  commit never falls; commit <= last; applied <= commit and <= what is durable; followers know of no more
 *         than leaders have told; a new life knows at least what its disk says
 *
 * Within one event a leader may apply a configuration and then commit more under it: then either of the two must agree.
 */
import { describeEntry, type LogEntry } from './log-tree.ts';
import type { CommitRaise, Judge, Model } from './model.ts';
import type { ChannelView, NodeName, Verdict } from './observer.ts';
import type { LogImage } from './replica.ts';

export function commits(model: Model, verdict: Verdict): Judge {
  return new Commits(model, verdict);
}

class Commits implements Judge {
  readonly #model: Model;
  readonly #verdict: Verdict;

  constructor(model: Model, verdict: Verdict) {
    this.#model = model;
    this.#verdict = verdict;
  }

  leaderCommitted: NonNullable<Judge['leaderCommitted']> = (raise) => {
    const { channel, replica, term, index, entry } = raise;
    if (entry?.term === term && this.#isOnQuorum(raise, entry)) return;
    const text = `${replica.node} commits ${index} of ${channel.name} in term ${term}`;
    if (entry === undefined) {
      this.#verdict.fail('I-10', `${text}, which stands on no disk at all`);
    } else if (entry.term !== term) {
      this.#verdict.fail('I-11', `${text}, which is ${describeEntry(entry)}: not of its own term`);
    } else {
      const holders = [...channel.replicas.values()].filter((each) => each.holds(entry));
      const names = holders.map(({ node }) => node).join(', ');
      this.#verdict.fail('I-10', `${text}, and only the disks of ${names || 'nobody'} hold it`);
    }
  };

  #isOnQuorum({ channel, replica }: CommitRaise, entry: LogEntry): boolean {
    const holds = (id: number) => channel.replicaOfMember(id)?.holds(entry) === true;
    const applied = replica.view?.applied ?? replica.durable.hard.commit;
    return channel
      .configsBetween(entry.parent!, applied)
      .some((each) => channel.isQuorum(each, holds));
  }

  channelChanged: NonNullable<Judge['channelChanged']> = (node, name, now, before) => {
    const channel = this.#model.channel(name);
    const { durable } = channel.replica(node);
    const rule = brokenRule(now, before, durable, channel.commit);
    if (rule !== null) this.#verdict.fail('I-12', `${describe(node, name, now)}: ${rule}`);
    else if (now.applied !== before?.applied) this.#checkApplied(node, name, now);
  };

  #checkApplied(node: NodeName, name: string, now: ChannelView): void {
    const channel = this.#model.channel(name);
    const own = channel.replica(node).durable.entries[now.applied];
    const committed = channel.committed[now.applied];
    if (own === committed) return;
    const text = `${describe(node, name, now)}: it applies ${describeEntry(own)}`;
    this.#verdict.fail('I-9', `${text}, and ${describeEntry(committed)} was committed`);
  }

  wrote: NonNullable<Judge['wrote']> = ({ channel, replica, write, before }) => {
    const { commit } = write.hard;
    if (commit >= before.commit && commit <= write.last) return;
    const text = `${replica.node} writes commit ${commit} of ${channel.name}`;
    if (commit < before.commit) this.#verdict.fail('I-12', `${text} after ${before.commit}`);
    if (commit > write.last) this.#verdict.fail('I-12', `${text}, its log ends at ${write.last}`);
  };
}

/** What is wrong with how far a channel has come, in words; null: nothing. */
function brokenRule(
  now: ChannelView,
  before: ChannelView | null,
  durable: LogImage,
  told: number,
): string | null {
  const least = before?.commit ?? durable.hard.commit;
  if (now.commit < least) return `commit falls from ${least}`;
  if (before !== null && now.applied < before.applied) {
    return `applied falls from ${before.applied}`;
  }
  if (now.commit > now.last) return 'commit is beyond the log';
  if (now.applied > now.commit) return 'applied is beyond commit';
  if (now.applied > durable.last) {
    return `applied is beyond the disk, which ends at ${durable.last}`;
  }
  return now.commit > told ? `leaders have told of ${told} only` : null;
}

function describe(
  node: NodeName,
  name: string,
  { role, term, commit, applied, last }: ChannelView,
) {
  return `${node} (${role}, term ${term}) has ${applied}/${commit}/${last} in ${name}`;
}
