/** The programs on this machine: Node.js, and nats-server where a local cluster needs one. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { findNatsServer } from '../local/nats-server.ts';
import { type Finding, findingsOf } from './finding.ts';

/** As in `engines` of the package. */
function requiredNode(): string {
  const path = new URL('../../package.json', import.meta.url);
  const { engines } = JSON.parse(readFileSync(path, 'utf8')) as { engines: { node: string } };
  return engines.node.replace(/^>=/, '');
}

const numbersIn = (version: string): number[] =>
  version.split('.').map((part) => Number.parseInt(part, 10));

/** Compares by numbers: 2.10 is newer than 2.9. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [own, other] = [numbersIn(version), numbersIn(wanted)];
  const at = other.findIndex((number, i) => (own[i] ?? 0) !== number);
  return at < 0 || (own[at] ?? 0) > other[at]!;
}

export function examineNode(version: string, wanted = requiredNode()): Finding {
  const { ok, problem } = findingsOf('node', 'Node.js');
  return isAtLeast(version, wanted)
    ? ok(`${version}.`)
    : problem(`${version} is too old: ${wanted} or newer is needed.`, 'Install a newer Node.js.');
}

export function examineNatsProgram(environment: NodeJS.ProcessEnv): Finding {
  const { ok, problem } = findingsOf('nats-program', 'nats-server');
  try {
    const program = findNatsServer(environment);
    if (program === null) {
      return problem(
        'There is no nats-server on this machine, and a local cluster starts one.',
        'Install it ("apt install nats-server", "brew install nats-server") or set NATS_SERVER_BIN.',
      );
    }
    const said = spawnSync(program, ['--version'], { encoding: 'utf8' });
    const version = /v?(\d+\.\d+\.\d+)/.exec(`${said.stdout}`)?.[1] ?? 'of an unknown version';
    return ok(`${program}, ${version}.`);
  } catch (error) {
    return problem((error as Error).message, 'Correct or unset NATS_SERVER_BIN.');
  }
}
