import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, test } from 'vitest';
import { checkout } from '../../docs/checkout.ts';
import { mutants } from './all.ts';
import { mutated, UnfitMutant } from './mutant.ts';

const built = (file: string): string => {
  const path = join(checkout, 'packages', file);
  if (!existsSync(path)) throw new Error(`${path} is not built: npm run build`);
  return readFileSync(path, 'utf8');
};

test('there are at least 45 mutants, each with a name of its own', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  expect(mutants.length).toBeGreaterThanOrEqual(45);
});

describe('the mutant', () => {
  test.each(mutants)('$name changes exactly one place, into a program', (mutant) => {
    const source = built(mutant.file);
    const changed = mutated(mutant, source);
    expect(changed).not.toBe(source);
    parseAst(changed);
  });

  test('that does not fit any more is an error', () => {
    const mutant = { ...mutants[0]!, find: 'this text', replace: '' };
    expect(() => mutated(mutant, 'this\n  text and this text')).toThrow(UnfitMutant);
    expect(() => mutated(mutant, 'another text')).toThrow(UnfitMutant);
    expect(mutated(mutant, 'this\n  text, once')).toBe(', once');
  });
});
