/**
 * Finding the program nats-server, and installing it with the system's package manager where it is missing.
 *
 * Order: NATS_SERVER_BIN, PATH, the places package managers use. Nothing is downloaded from anywhere else.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { unavailable } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Debian puts it where a normal user's PATH does not look. */
const usualDirectories = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

const HOW_TO_GET_IT =
  'Install nats-server ("apt install nats-server", "brew install nats-server" or https://github.com/nats-io/nats-server/releases) or set NATS_SERVER_BIN to where it is.';

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The path of nats-server, or null. A NATS_SERVER_BIN that is no program is an error, not a reason to look elsewhere. */
export function findNatsServer(environment: Environment): string | null {
  const named = environment.NATS_SERVER_BIN;
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return named;
    throw unavailable(
      'NATS_SERVER_MISSING',
      `NATS_SERVER_BIN is ${named}, which is no program that can be run.`,
    );
  }
  const directories = [...(environment.PATH ?? '').split(delimiter), ...usualDirectories];
  return directories.map((directory) => join(directory, 'nats-server')).find(isProgram) ?? null;
}

/**
 * How much garbage the server's collector (Go's) lets pile up, in percent of what lives: a server that only passes
 * messages on has next to nothing that lives, and by default collects all the time (decision 0015). The user's wins.
 */
const GARBAGE_PERCENT = '400';

/** The environment that a NATS server of ours is started in. */
export function natsServerEnvironment(
  environment: Environment,
): Record<string, string | undefined> {
  return { GOGC: GARBAGE_PERCENT, ...environment };
}

interface Step {
  readonly command: string;
  readonly parameters: readonly string[];
}

function run({ command, parameters }: Step): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // What it says goes to standard error: there is something to see while it works.
  const done = spawnSync(command, parameters, { env, stdio: ['ignore', 2, 2] });
  return done.status === 0;
}

const aptInstall: Step = {
  command: 'apt-get',
  parameters: ['install', '-y', '-q', '--no-install-recommends', 'nats-server'],
};
const aptUpdate: Step = { command: 'apt-get', parameters: ['update', '-q'] };
const brewInstall: Step = { command: 'brew', parameters: ['install', '--quiet', 'nats-server'] };

/** Where systemd runs, Debian's package starts a server of its own, on the very port that is wanted here. */
function stopPackagedService(): void {
  if (!existsSync('/run/systemd/system')) return;
  spawnSync('systemctl', ['disable', '--now', 'nats-server'], { stdio: 'ignore' });
}

function exists(program: string, environment: Environment): boolean {
  return (environment.PATH ?? '').split(delimiter).some((path) => isProgram(join(path, program)));
}

/** Each list is tried in order until nats-server is there; `update` first only if a plain install fails. */
function waysToInstall(environment: Environment): Step[][] {
  const root = process.getuid?.() === 0;
  if (root && exists('apt-get', environment)) return [[aptInstall], [aptUpdate, aptInstall]];
  return exists('brew', environment) ? [[brewInstall]] : [];
}

/** The path of nats-server, installed if it was missing; otherwise one sentence on how to get it. */
export function ensureNatsServer(environment: Environment, note: (line: string) => void): string {
  const found = findNatsServer(environment);
  if (found !== null) return found;
  for (const steps of waysToInstall(environment)) {
    note(
      `Installing nats-server: ${steps.map((step) => [step.command, ...step.parameters].join(' ')).join(' && ')}`,
    );
    const installed = steps.every(run) ? findNatsServer(environment) : null;
    if (installed === null) continue;
    stopPackagedService();
    return installed;
  }
  throw unavailable(
    'NATS_SERVER_MISSING',
    `There is no nats-server on this machine. ${HOW_TO_GET_IT}`,
  );
}
