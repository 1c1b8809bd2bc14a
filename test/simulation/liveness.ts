/**
 * What must hold once everything is whole again: progress within bounds, and peace (invariant I-20).
 */
import type { Clients } from './clients.ts';
import type { Cluster } from './cluster.ts';
import type { Channel, SimulatedNode } from './node.ts';
import type { Verdict } from './oracle/observer.ts';
import type { Profile } from './profile.ts';

const ELECTIONS = 10;
const TERMS_MAX = 5;
const SETTLE_MS = 30_000;
/** A moved commit index is on disk, and visible, within a tick or two. */
const VISIBLE_MS = 500;

export function checkLiveness(
  cluster: Cluster,
  core: readonly SimulatedNode[],
  clients: readonly Clients[],
  { raft, drift }: Profile,
  verdict: Verdict,
): void {
  const { world } = cluster;
  const termsBefore = termsOf(cluster, core);
  const probes = clients.map((each) => each.probe());
  const electionMs = (raft.electionTicks * raft.tickMs) / (1 - drift);
  const isCommitted = () => probes.every(({ outcome }) => outcome === 'committed');
  if (!world.runUntil(isCommitted, ELECTIONS * electionMs) && !world.stopped) {
    const text = `no fresh submission was committed within ${ELECTIONS} election time-outs`;
    verdict.fail('liveness', `${text}; ${describe(cluster, core)}`);
    return;
  }
  const isQuiet = () => clients.every(({ hasOpen }) => !hasOpen) && isAgreed(cluster, core);
  if (!world.runUntil(isQuiet, SETTLE_MS) && !world.stopped) {
    const open = clients.flatMap((each) => each.open).length;
    const text = `${SETTLE_MS} ms later ${open} submissions are open; ${describe(cluster, core)}`;
    verdict.fail('liveness', text);
    return;
  }
  world.runFor(VISIBLE_MS);
  if (world.stopped) return;
  checkTerms(cluster, core, termsBefore, verdict);
  checkQueues(cluster, core, verdict);
}

function termsOf(cluster: Cluster, core: readonly SimulatedNode[]): number[] {
  return cluster.channels.map((channel) =>
    Math.max(0, ...core.map((node) => node.channel(channel)?.term ?? 0)),
  );
}

/** All members in the core hold the same committed log, under one leader. */
function isAgreed(cluster: Cluster, core: readonly SimulatedNode[]): boolean {
  return cluster.channels.every((channel) => {
    const leading = cluster.leader(channel);
    if (leading === null) return false;
    const views = membersOf(leading.channel, core).map((node) => node.view(channel));
    const first = leading.node.view(channel)!;
    return views.every((view) => view?.commit === first.commit && view.leader === first.leader);
  });
}

/** Those of the core that the configuration in force names; who was removed may never learn of it. */
function membersOf({ config }: Channel, core: readonly SimulatedNode[]): SimulatedNode[] {
  return core.filter(({ name }) => config.members.some((member) => member.name === name));
}

function checkTerms(
  cluster: Cluster,
  core: readonly SimulatedNode[],
  before: readonly number[],
  verdict: Verdict,
): void {
  for (const [at, term] of termsOf(cluster, core).entries()) {
    if (term - before[at]! <= TERMS_MAX) continue;
    verdict.fail('liveness', `the term grew from ${before[at]} to ${term} in a whole cluster`);
  }
}

function checkQueues(cluster: Cluster, core: readonly SimulatedNode[], verdict: Verdict): void {
  for (const node of core) {
    for (const name of cluster.channels) {
      const open = node.channel(name)?.submissions.openRequests ?? 0;
      if (open === 0) continue;
      verdict.fail('liveness', `${node.name} still has ${open} open requests in ${name}`);
    }
  }
}

function describe(cluster: Cluster, core: readonly SimulatedNode[]): string {
  return cluster.channels
    .map((channel) => {
      const parts = core.map((node) => {
        const view = node.view(channel);
        if (view === undefined) return `${node.name} is down`;
        return `${node.name} ${view.role} t${view.term} ${view.applied}/${view.commit}/${view.last}`;
      });
      return `${channel}: ${parts.join(', ')}`;
    })
    .join('; ');
}
