/**
 * Finding Prometheus, and installing it with apt where it is missing and that works without asking.
 *
 * Order: PROMETHEUS_BIN, PATH, the places package managers use. Nothing is downloaded from anywhere else.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const usualDirectories = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/** Why there is no Prometheus, and what to do. */
export function prometheusMissing({ PROMETHEUS_BIN: named }: Environment): string {
  const how =
    'Install it ("apt install prometheus", "brew install prometheus" or https://prometheus.io/download) or set PROMETHEUS_BIN to where it is.';
  if (!named) return `There is no Prometheus on this machine. ${how}`;
  return `PROMETHEUS_BIN names ${named}, which is no program. ${how}`;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of Prometheus, or null. */
export function findPrometheus(environment: Environment): string | null {
  const named = environment.PROMETHEUS_BIN;
  if (named !== undefined && named !== '') return isProgram(named) ? named : null;
  const directories = [...(environment.PATH ?? '').split(delimiter), ...usualDirectories];
  return directories.map((directory) => join(directory, 'prometheus')).find(isProgram) ?? null;
}

function runApt(parameters: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', parameters, { env, stdio: ['ignore', 2, 2] }).status === 0;
}

/** Where systemd runs, Debian's package starts a server of its own, on the very port that is wanted here. */
function stopPackagedService(): void {
  if (!existsSync('/run/systemd/system')) return;
  spawnSync('systemctl', ['disable', '--now', 'prometheus'], { stdio: 'ignore' });
}

/** The path of Prometheus, installed if it was missing and root may; otherwise null. */
export function ensurePrometheus(
  environment: Environment,
  note: (line: string) => void,
): string | null {
  const found = findPrometheus(environment);
  const mayInstall = process.getuid?.() === 0 && isProgram('/usr/bin/apt-get');
  if (found !== null || !mayInstall || environment.PROMETHEUS_BIN) return found;
  const install = ['install', '-y', '-q', '--no-install-recommends', 'prometheus'];
  note(`Installing Prometheus: apt-get ${install.join(' ')}`);
  if (!runApt(install) && !(runApt(['update', '-q']) && runApt(install))) return null;
  stopPackagedService();
  return findPrometheus(environment);
}
