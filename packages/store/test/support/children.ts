/**
 * Child processes for tests that need one to die, to be traced or to run under a faulty disk.
 *
 * A child is a file of test/children, bundled with the sources once a test file, so that it runs on any Node.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const LMDB = createRequire(import.meta.url).resolve('lmdb');

/** A temporary directory that is gone after the test file. */
export function temporaryDirectory(onEnd: (clean: () => void) => void): string {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-store-'));
  onEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function bundleChild(name: string, directory: string): Promise<string> {
  const input = fileURLToPath(new URL(`../children/${name}.ts`, import.meta.url));
  const bundle = await rolldown({ input, platform: 'node', external: ['lmdb'] });
  const file = join(directory, `${name}.mjs`);
  await bundle.write({ file, format: 'esm', paths: { lmdb: pathToFileURL(LMDB).href } });
  await bundle.close();
  return file;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

export interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<ChildEnd>;
}

/** Ended by force after 30 s: nothing outlives a test run. */
export function startChild(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  onOutput: (text: string) => void = () => {},
): Child {
  const [program, ...parameters] = command;
  const child = spawn(program!, parameters, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
    onOutput(bytes.toString());
  });
  child.stderr.on('data', (bytes: Buffer) => {
    errors += bytes.toString();
  });
  const ended = new Promise<ChildEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, output, errors }));
  });
  return { process: child, ended };
}
