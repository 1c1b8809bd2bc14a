/**
 * The built command as users run it: its words in, its two streams and exit code out; and a local cluster of its own
 * directory and ports that ends with the test process.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, type Terminal } from '@cairn/cli';
import { cairnProgram } from '../support/cluster.ts';
import { type GuardedDirectory, makeGuardedDirectory } from '../support/guarded-directory.ts';
import { type GuardedProcess, startGuarded } from '../support/guarded-process.ts';
import { until } from '../support/until.ts';

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command in this process: the same words and the same answers, without the second it takes to start one. */
export async function cairnHere(words: readonly string[]): Promise<CommandResult> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const terminal: Terminal = {
    environment: {},
    interactive: false,
    liveOutput: false,
    columns: 100,
    print: (line) => void stdout.push(`${line}\n`),
    printBytes: (bytes) => void stdout.push(Buffer.from(bytes).toString('latin1')),
    note: (line) => void stderr.push(`${line}\n`),
    paint: (_style, text) => text,
  };
  const exitCode = await run(words, { terminal, signal: new AbortController().signal });
  return { exitCode, stdout: stdout.join(''), stderr: stderr.join('') };
}

/** Without the variables of whoever runs the tests. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('CAIRN_') && !name.startsWith('NATS_URL'),
  );
  return Object.fromEntries(kept);
}

export interface CairnOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs the command to its end. */
export function cairn(
  words: readonly string[],
  options: CairnOptions = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [cairnProgram, ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...cleanEnvironment(), ...options.environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return new Promise((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

export const anyFreePorts = ['--nats-port', '0', '--http-port', '0', '--operations-port', '0'];

export interface ClusterJson {
  readonly nats: string;
  readonly creds: string;
  readonly orderers: readonly {
    readonly name: string;
    readonly pid: number | null;
    readonly http: string;
    readonly operations: string;
    readonly data: string;
    readonly log: string;
  }[];
  readonly channels: readonly string[];
}

export interface LocalCluster {
  readonly dir: string;
  readonly up: GuardedProcess;
  /** What `up` has written so far. */
  output(): string;
  clusterJson(): ClusterJson;
  /** The command on this cluster: in this process, or in one of its own if it needs input or variables. */
  run(words: readonly string[], options?: CairnOptions): Promise<CommandResult>;
  close(): Promise<void>;
}

/** `cairn up` in the foreground, ready. Ends with the test process, however that ends. */
export async function startLocalCluster(orderers: number): Promise<LocalCluster> {
  const directory: GuardedDirectory = makeGuardedDirectory('cairn-local-');
  const dir = join(directory.path, '.cairn');
  const outputFile = join(directory.path, 'up.log');
  const up = await startGuarded({
    command: process.execPath,
    parameters: [cairnProgram, 'up', '--dir', dir, '--orderers', `${orderers}`, ...anyFreePorts],
    outputFile,
    environment: cleanEnvironment(),
  });
  const output = (): string => readFileSync(outputFile, 'utf8');
  await until('cairn up is ready', () => !up.isRunning() || output().includes('Ready.'), 60_000);
  return {
    dir,
    up,
    output,
    clusterJson: () => JSON.parse(readFileSync(join(dir, 'cluster.json'), 'utf8')) as ClusterJson,
    run: (words, options) =>
      options === undefined
        ? cairnHere([...words, '--dir', dir])
        : cairn([...words, '--dir', dir], options),
    close: async () => {
      up.signal('SIGTERM');
      await up.ended;
      await directory.remove();
    },
  };
}

export function isAlive(pid: number | null): boolean {
  if (pid === null) return false;
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
