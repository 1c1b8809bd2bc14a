/**
 * May this orderer be sent work? Pure.
 *
 * A channel is ready when it is open here, has not failed and knows a leader. Without NATS nothing is ready: neither
 * clients nor other orderers reach this one.
 */
import type { Channel } from '../channel.ts';

export interface ChannelReadiness {
  readonly channel: string;
  /** What is wrong, for people; null if nothing is. */
  readonly problem: string | null;
}

export interface Readiness {
  readonly ready: boolean;
  readonly channels: readonly ChannelReadiness[];
}

export interface ReadinessFacts {
  /** Names of the channels this orderer is configured to serve. */
  readonly wanted: readonly string[];
  readonly connected: boolean;
  readonly stopping: boolean;
  channel(name: string): Pick<Channel, 'state' | 'problem' | 'leaderName'> | undefined;
}

export function readinessOf(facts: ReadinessFacts): Readiness {
  const channels = facts.wanted.map((name) => ({ channel: name, problem: problemOf(name, facts) }));
  const isWell = channels.every(({ problem }) => problem === null);
  return { ready: isWell && facts.connected && !facts.stopping, channels };
}

function problemOf(name: string, facts: ReadinessFacts): string | null {
  if (facts.stopping) return 'This orderer is stopping.';
  if (!facts.connected) return 'There is no connection to NATS.';
  const channel = facts.channel(name);
  if (channel === undefined) return 'The channel is not open yet.';
  if (channel.state === 'failed') {
    return `The channel has failed here: ${channel.problem?.message ?? 'no reason is known'}`;
  }
  return channel.leaderName === null ? 'The channel has no leader that this orderer knows.' : null;
}
