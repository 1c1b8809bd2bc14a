/**
 * The same command once more, in a process of its own whose code has a known bug in it.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { mutantNamed } from './mutants/all.ts';

const register = new URL('./mutants/register.js', import.meta.url).href;
const main = fileURLToPath(new URL('./main.js', import.meta.url));

/** The bug that this process has in it; null: none. */
export function mutantHere(): string | null {
  const name: unknown = Reflect.get(globalThis, 'mutant');
  return typeof name === 'string' ? name : null;
}

/** Exits as that process did. A preloaded file takes the bug's name from the first argument. */
export function runWithMutant(name: string, words: readonly string[]): number {
  mutantNamed(name);
  const args = ['--import', register, main, name, ...words];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}
