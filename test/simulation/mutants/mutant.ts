/**
 * A mutant: one known bug, put back into one file of the built code while that file is loaded. Data, no switch.
 *
 * `find` stands for source text in which white space does not count, so that it survives another way of breaking lines; it
 * must occur exactly once, otherwise the mutant does not fit any more and whoever applies it must not go on.
 */
export interface Mutant {
  readonly name: string;
  /** Its number in the catalogue of known bugs, or the promise it breaks. */
  readonly bug: string;
  /** What the code does wrong then. */
  readonly does: string;
  /** Below `packages/`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Whoever may find it: invariants, promises, 'liveness', or 'I-21' for an assertion that stops the channel. */
  readonly expects: readonly string[];
  /** Random runs that know its surroundings; the swarm, if not given. */
  readonly profile?: string;
  /** The script that finds it, where chance would take too long. */
  readonly scenario?: string;
}

export class UnfitMutant extends Error {}

/** The file's source with the bug in it. */
export function mutated({ name, file, find, replace }: Mutant, source: string): string {
  const pattern = new RegExp(find.trim().split(/\s+/).map(literally).join('\\s+'), 'g');
  const count = source.match(pattern)?.length ?? 0;
  if (count !== 1) {
    throw new UnfitMutant(`${name} does not fit ${file} any more: its text occurs ${count} times`);
  }
  return source.replace(pattern, () => replace);
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
