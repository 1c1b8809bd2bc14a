/**
 * Waiting until what was started answers, and saying why it does not.
 */
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CommandError, unavailable } from '../errors.ts';
import type { Home } from './home.ts';
import { isRunning, type StartedProcess } from './processes.ts';

const POLL_MS = 50;
const REQUEST_TIMEOUT_MS = 2_000;

/** True when the NATS server greets: its first line is INFO and a JSON object. */
export function natsAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(REQUEST_TIMEOUT_MS, () => done(false));
    socket.once('error', () => done(false));
    socket.once('data', (greeting) => done(greeting.toString('latin1').startsWith('INFO ')));
  });
}

const readinessSchema = z.object({
  channels: z.array(z.object({ problem: z.string().nullable(), code: z.string().optional() })),
});

/**
 * True if `/readyz` at the URL says ready, or that nothing is missing but blocks that are being fetched: a member that was
 * away for long takes part in elections at once, and nobody should wait for the rest of its way.
 */
export async function isUpAndLed(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const readiness = readinessSchema.safeParse(await response.json());
    if (response.ok || !readiness.success) return response.ok;
    const { channels } = readiness.data;
    const isBehind = ({ problem, code }: (typeof channels)[number]): boolean =>
      problem === null || code === 'CATCHING_UP';
    return channels.length > 0 && channels.every(isBehind);
  } catch {
    return false;
  }
}

/** What a process said last that is not a JSON log line: its sentence about why it ended. */
function lastSentence(home: Home, name: string): string {
  const path = home.log(name);
  const text = existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : '';
  const line = text.split('\n').at(-1) ?? '';
  return line === '' || line.startsWith('{') ? `see ${path}.` : line.replace(/^cairn: /, '');
}

async function startFailure(
  home: Home,
  name: string,
  started: StartedProcess,
): Promise<CommandError> {
  const exitCode = await Promise.race([started.ended, sleep(500, null)]);
  return new CommandError(
    'START_FAILED',
    exitCode === null || exitCode === 0 ? 1 : exitCode,
    `${name} did not start: ${lastSentence(home, name)}`,
  );
}

export interface ReadyWait {
  readonly name: string;
  readonly started: StartedProcess;
  readonly isReady: () => Promise<boolean>;
  readonly timeoutMs: number;
}

/** Returns when it is ready. Throws the process's own sentence and exit code if it ends instead. */
export async function waitUntilReady(home: Home, wait: ReadyWait): Promise<void> {
  const deadlineMs = performance.now() + wait.timeoutMs;
  for (;;) {
    if (!isRunning(wait.started)) throw await startFailure(home, wait.name, wait.started);
    if (await wait.isReady()) return;
    if (performance.now() > deadlineMs) {
      const seconds = Math.round(wait.timeoutMs / 1000);
      throw unavailable(
        'START_FAILED',
        `${wait.name} runs but is not ready after ${seconds} s; see ${home.log(wait.name)}.`,
      );
    }
    await sleep(POLL_MS);
  }
}
