import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cairn, startCluster, type TestCluster } from '../support/cluster.ts';
import { until } from '../support/until.ts';
import { checkout } from './checkout.ts';
import { transcriptIn, withoutWhatChanges, wordsOf } from './transcript.ts';

const steps = transcriptIn(readFileSync(join(checkout, 'README.md'), 'utf8'));

describe("the README's transcript", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.close());

  /** Blocks on their way would show as "1 behind". */
  const everybodyIsLevel = () =>
    until('all orderers have the same height', async () => {
      const heights = await cluster.metricOfAll('cairn_ledger_height{channel="mychannel"}');
      return new Set(heights.values()).size === 1;
    });

  test('has commands', () => {
    expect(steps.length).toBeGreaterThan(3);
  });

  test('is what a new cluster answers, command by command', { timeout: 120_000 }, async () => {
    for (const { command, words, output } of steps) {
      await everybodyIsLevel();
      const { stdout, stderr } = await cairn(words, {
        environment: { CAIRN_DIR: cluster.directory },
      });
      expect(withoutWhatChanges(stdout + stderr), command).toBe(withoutWhatChanges(output));
    }
  });
});

test('a command of a transcript is split as a shell would', () => {
  expect(wordsOf("npx cairn submit -c a 'two words' ''")).toEqual([
    ...['npx', 'cairn', 'submit', '-c', 'a', 'two words', ''],
  ]);
});
