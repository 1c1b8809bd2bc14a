/** Work for a cluster whose dashboards are to be seen: bursts on a channel, now and then a duplicate and a refusal. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadOptions {
  readonly cairnProgram: string;
  readonly directory: string;
  readonly channel: string;
  /** URLs of HTTP doors. */
  readonly doors: readonly string[];
  /** Transactions a second on the average. */
  readonly rate: number;
}

const TURN_MS = 50;
/** The load rises and falls this often, so that graphs have a shape. */
const PERIOD_MS = 40_000;
const ODD_REQUESTS_EVERY = 10;

/** Returns a function that ends it. */
export function startLoad(options: LoadOptions): () => Promise<void> {
  const { cairnProgram, directory, channel, rate } = options;
  const words = ['submit', '-c', channel, '--lines', '-', '--json', '--dir', directory];
  const child = spawn(process.execPath, [cairnProgram, ...words], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.on('error', () => {});
  let isStopped = false;
  const working = (async () => {
    for (let turn = 0; !isStopped; turn++) {
      const swing = 1 + 0.6 * Math.sin((2 * Math.PI * turn * TURN_MS) / PERIOD_MS);
      const count = Math.floor((rate * TURN_MS * swing) / 1000 + Math.random());
      for (let at = 0; at < count; at++)
        child.stdin.write(`${'pay '.repeat(1 + (at % 40))}${turn}\n`);
      if (turn % ODD_REQUESTS_EVERY === 0) void askOddly(options, turn);
      await sleep(TURN_MS);
    }
  })();
  return async () => {
    isStopped = true;
    await working;
    child.stdin.end();
    await new Promise((ended) => child.once('exit', ended));
  };
}

/** The same id over and over: with the same bytes a duplicate, with others refused. */
async function askOddly({ doors, channel }: LoadOptions, turn: number): Promise<void> {
  const bodies = ['once', 'once', 'not the same'];
  const body = bodies[(turn / ODD_REQUESTS_EVERY) % bodies.length] ?? '';
  const door = doors[(turn / ODD_REQUESTS_EVERY) % doors.length];
  const headers = { 'idempotency-key': 'once-and-for-all' };
  const request = { method: 'POST', headers, body, signal: AbortSignal.timeout(2_000) };
  await fetch(`${door}/v1/channels/${channel}/transactions`, request).catch(() => null);
}
