import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { engineFlags } from '../src/engine.ts';

describe('what an orderer tells V8', () => {
  test('is known to the V8 that runs here', () => {
    const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
    for (const flag of engineFlags(process.versions.node)) {
      expect(known).toContain(`  ${flag.split('=')[0]} (`);
    }
  });

  test('leaves out what only Node 20 knows', () => {
    const names = (version: string) => engineFlags(version).map((flag) => flag.split('=')[0]);
    expect(names('20.19.0')).toEqual(['--heap-growing-percent', '--interrupt-budget']);
    expect(names('22.12.0')).toEqual(['--heap-growing-percent']);
    expect(names('24.0.0')).toEqual(['--heap-growing-percent']);
  });
});
