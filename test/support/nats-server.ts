/**
 * A real nats-server for tests: own temporary directory, free port, loopback only.
 *
 * It cannot outlive the test: a small shell in a process group of its own stands between, which kills the server and
 * removes the directory when its standard input ends, and that happens however the test process ends. A missing binary
 * is an error, never a skip.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface TestNatsServerOptions {
  /** nats-server configuration besides address and port. */
  readonly configuration?: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Besides that of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface TestNatsServer {
  readonly url: string;
  readonly port: number;
  /** Process id of nats-server itself, for signals. */
  readonly pid: number;
  log(): string;
  /** Kills the server with SIGKILL and removes its directory. */
  stop(): Promise<void>;
}

const startTimeoutMs = 10_000;

/** Deaf to signals, so that nothing but the end of its input ends it; `ended` tells that the server ended by itself. */
const guardScript = `
  trap '' INT TERM HUP
  directory="$1"; shift
  (
    sh -c 'echo $$ > "$0/pid"; exec "$@"' "$directory" "$@" >"$directory/output" 2>&1
    echo $? > "$directory/ended"
  ) &
  cat > /dev/null
  kill -KILL "$(cat "$directory/pid")" 2>/dev/null
  wait
  rm -rf "$directory"
`;

/** Starts a server and waits until it listens; throws with its output if it does not. */
export async function startNatsServer(
  options: TestNatsServerOptions = {},
): Promise<TestNatsServer> {
  const binary = findNatsServer();
  const directory = mkdtempSync(join(tmpdir(), 'cairn-nats-'));
  const configurationFile = join(directory, 'nats.conf');
  writeFileSync(configurationFile, options.configuration ?? '');
  const port = options.port === undefined ? '-1' : String(options.port);
  const command = [binary, '-c', configurationFile, '-a', '127.0.0.1', '-p', port];
  const guard = spawn(
    '/bin/sh',
    ['-c', guardScript, 'guard', directory, ...command, '--ports_file_dir', directory],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: { ...process.env, ...options.environment },
    },
  );
  try {
    const url = await untilListening(directory);
    return serverOf(url, directory, guard);
  } catch (error) {
    await end(guard);
    throw error;
  }
}

function serverOf(url: string, directory: string, guard: ChildProcess): TestNatsServer {
  return {
    url,
    port: Number(new URL(url).port),
    pid: Number(readFileSync(join(directory, 'pid'), 'utf8')),
    log: () => outputOf(directory),
    stop: () => end(guard),
  };
}

async function end(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return;
  const ended = new Promise((resolve) => guard.once('exit', resolve));
  guard.stdin?.end();
  await ended;
}

/** nats-server writes its addresses into a file when it listens; the log must say so too. */
async function untilListening(directory: string): Promise<string> {
  const deadlineMs = Date.now() + startTimeoutMs;
  while (Date.now() < deadlineMs && !existsSync(join(directory, 'ended'))) {
    const url = addressIn(directory);
    if (url !== null && outputOf(directory).includes('Server is ready')) return url;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nats-server does not listen. It said:\n${outputOf(directory)}`);
}

function addressIn(directory: string): string | null {
  const name = readdirSync(directory).find((file) => file.endsWith('.ports'));
  if (name === undefined) return null;
  try {
    const addresses: { nats?: string[] } = JSON.parse(readFileSync(join(directory, name), 'utf8'));
    return addresses.nats?.[0] ?? null;
  } catch {
    return null;
  }
}

function outputOf(directory: string): string {
  try {
    return readFileSync(join(directory, 'output'), 'utf8');
  } catch {
    return '';
  }
}

/** `NATS_SERVER_BIN`, then `PATH`. */
export function findNatsServer(): string {
  const named = process.env.NATS_SERVER_BIN;
  const candidates = named
    ? [named]
    : [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'].map(
        (directory) => join(directory, 'nats-server'),
      );
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    named
      ? `NATS_SERVER_BIN names ${named}, which cannot be executed.`
      : 'These tests need nats-server: install it (apt-get install nats-server, brew install nats-server) or set NATS_SERVER_BIN.',
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
