/**
 * Log lines as pino JSON: `node`, `channel` and `term` bound, the words those of etcd's Raft.
 */
import pino from 'pino';
import type { OrdererConfig } from './config.ts';
import type { Log } from './telemetry.ts';

export interface ProcessLog {
  /** The log of one channel; of the process itself for null. */
  channelLog(channel: string | null): Log;
  level: string;
  flush(): void;
}

export function createLog(config: Pick<OrdererConfig, 'name' | 'log'>): ProcessLog {
  const { level, file } = config.log;
  const destination = pino.destination({ dest: file ?? 1, sync: false, mkdir: true });
  const root = pino({ level, base: { node: config.name } }, destination);
  const channels = new Map<string, Log>();
  return {
    channelLog(channel) {
      if (channel === null) return root;
      const known = channels.get(channel);
      if (known !== undefined) return known;
      const child = root.child({ channel });
      channels.set(channel, child);
      return child;
    },
    get level() {
      return root.level;
    },
    set level(next: string) {
      root.level = next;
    },
    flush: () => destination.flushSync(),
  };
}
