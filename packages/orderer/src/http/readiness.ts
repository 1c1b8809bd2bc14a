/**
 * May this orderer be sent work? Pure.
 *
 * A channel is ready when it is open here, has not failed, knows a leader and has caught up: whoever restarts members one
 * after the other and waits until each is ready never takes the majority away. A channel that this orderer was removed
 * from lacks nothing here: nobody waits for an orderer that is no member. Without NATS nothing is ready: neither clients
 * nor other orderers reach this one.
 */
import { BEHIND_MAX } from '../catch-up.ts';
import type { Channel } from '../channel.ts';

export type ReadinessCode =
  | 'STOPPING'
  | 'DISCONNECTED'
  | 'NOT_OPEN'
  | 'CHANNEL_FAILED'
  | 'NO_LEADER'
  | 'CATCHING_UP';

interface Reason {
  readonly code: ReadinessCode;
  /** What is wrong, for people. */
  readonly problem: string;
}

export type ChannelReadiness = { readonly channel: string } & ({ readonly problem: null } | Reason);

export interface Readiness {
  readonly ready: boolean;
  readonly channels: readonly ChannelReadiness[];
}

export interface ReadinessFacts {
  /** Names of the channels this orderer is configured to serve. */
  readonly wanted: readonly string[];
  readonly connected: boolean;
  readonly stopping: boolean;
  channel(name: string): ChannelFacts | undefined;
}

export interface ChannelFacts
  extends Pick<Channel, 'state' | 'problem' | 'isMember' | 'leaderName'> {
  /** Committed blocks that are not here yet. */
  readonly blocksBehind: number;
}

export function readinessOf(facts: ReadinessFacts): Readiness {
  const channels = facts.wanted.map((channel) => ({
    channel,
    ...(reasonOf(channel, facts) ?? { problem: null }),
  }));
  const isWell = channels.every(({ problem }) => problem === null);
  return { ready: isWell && facts.connected && !facts.stopping, channels };
}

function reasonOf(name: string, facts: ReadinessFacts): Reason | null {
  if (facts.stopping) return { code: 'STOPPING', problem: 'This orderer is stopping.' };
  if (!facts.connected) {
    return { code: 'DISCONNECTED', problem: 'There is no connection to NATS.' };
  }
  const channel = facts.channel(name);
  return channel === undefined
    ? { code: 'NOT_OPEN', problem: 'The channel is not open yet.' }
    : reasonIn(channel);
}

function reasonIn(channel: ChannelFacts): Reason | null {
  const { state, problem, isMember, leaderName, blocksBehind } = channel;
  if (state === 'failed') {
    const why = problem?.message ?? 'no reason is known';
    return { code: 'CHANNEL_FAILED', problem: `The channel has failed here: ${why}` };
  }
  if (!isMember) return null;
  if (leaderName === null) {
    const sentence = 'The channel has no leader that this orderer knows.';
    return { code: 'NO_LEADER', problem: sentence };
  }
  if (blocksBehind <= BEHIND_MAX) return null;
  const sentence = `This orderer is ${blocksBehind} blocks behind the leader and catches up.`;
  return { code: 'CATCHING_UP', problem: sentence };
}
