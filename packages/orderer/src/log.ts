/**
 * Log lines as pino JSON: `node`, `channel` and `term` with each, the words those of etcd's Raft.
 *
 * Lines leave without blocking the event loop; `flush` writes what is left before the process ends. A full log disk loses
 * lines, never the orderer.
 */
import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import pino from 'pino';
import type { OrdererConfig } from './config.ts';
import { StartError } from './errors.ts';
import type { Log } from './telemetry.ts';

export type LogLevel = OrdererConfig['log']['level'];

export interface ProcessLog {
  /** The log of one channel; of the process itself for null. */
  channelLog(channel: string | null): Log;
  /** Of all logs, those made before included. */
  level: LogLevel;
  flush(): void;
}

const STANDARD_OUTPUT = 1;
/** Lines that the file or pipe does not take are kept up to this, then dropped. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;

/** Throws `BAD_CONFIGURATION` if the log file cannot be opened. */
export function createLog(config: Pick<OrdererConfig, 'name' | 'log'>): ProcessLog {
  const { level, file } = config.log;
  const destination = pino.destination({
    dest: file === undefined ? STANDARD_OUTPUT : openLogFile(file),
    sync: false,
    maxLength: WAITING_BYTES_MAX,
  });
  destination.on('error', () => {
    // Nobody is left to tell; ordering goes on.
  });
  return processLog(pino({ level, base: { node: config.name } }, destination), () =>
    destination.flushSync(),
  );
}

/** Opened here, not by pino in the background: the first line may be the last. */
function openLogFile(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return openSync(file, 'a');
  } catch (cause) {
    const message = `The log file ${file} cannot be opened for writing: correct "log.file".`;
    throw new StartError('BAD_CONFIGURATION', message, { cause });
  }
}

function processLog(root: pino.Logger, flush: () => void): ProcessLog {
  const channels = new Map<string, pino.Logger>();
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
      return root.level as LogLevel;
    },
    set level(next: LogLevel) {
      root.level = next;
      for (const child of channels.values()) child.level = next;
    },
    flush,
  };
}
