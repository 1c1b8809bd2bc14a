/**
 * The module hooks that put a mutant's bug into its file; they run beside the process, see `register.ts`.
 *
 * The changed file leaves its name in `globalThis`, so that who runs the mutant can tell that it is one.
 */
import type { LoadHook } from 'node:module';
import { type Mutant, mutated } from './mutant.ts';

let mutant: Mutant;

export function initialize(data: Mutant): void {
  mutant = data;
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith(`/packages/${mutant.file}`)) return loaded;
  const source = Buffer.from(loaded.source as Uint8Array).toString('utf8');
  const note = `\nglobalThis.mutant = ${JSON.stringify(mutant.name)};\n`;
  return { ...loaded, source: mutated(mutant, source) + note };
};
