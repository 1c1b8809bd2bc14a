/**
 * A night of seeds as a command of its own: asked to end in the midst, and gone on with.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { checkout } from '../docs/checkout.ts';
import { InOrder } from './in-order.ts';
import type { Totals } from './summary.ts';

const folder = mkdtempSync(join(tmpdir(), 'cairn-many-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SEEDS = 8;

/** The built command: its workers are processes of their own. */
function start(out: string, workers: number): ChildProcess {
  const main = join(checkout, 'test', 'dist', 'simulation', 'main.js');
  const flags = ['--seeds', `${SEEDS}`, '--from', '501', '--seconds', '1', '--json'];
  const words = [...flags, '--workers', `${workers}`, '--out', out];
  return spawn(process.execPath, [main, ...words], { stdio: 'ignore' });
}

async function exitCodeOf(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'exit');
  return code;
}

const totalsIn = (out: string): Totals => JSON.parse(readFileSync(out, 'utf8'));

/** All but how fast it was. */
function resultsIn(out: string) {
  const { from, seeds, failures, simulatedMs, events, committed, marks } = totalsIn(out);
  return { from, seeds, failures, simulatedMs, events, committed, marks };
}

async function endInTheMidst(out: string, signal: NodeJS.Signals): Promise<void> {
  const child = start(out, 2);
  const exit = exitCodeOf(child);
  while (!existsSync(out) && child.exitCode === null) await pause(10);
  child.kill(signal);
  await exit;
}

describe('many seeds with a file for their totals', () => {
  test('come to the same when they are interrupted and gone on with', async () => {
    const [whole, parts] = [join(folder, 'whole.json'), join(folder, 'parts.json')];
    expect(await exitCodeOf(start(whole, 1))).toBe(0);
    await endInTheMidst(parts, 'SIGINT');
    const { seeds } = totalsIn(parts);
    expect(seeds, 'what was begun is finished').toBeGreaterThan(0);
    expect(seeds).toBeLessThan(SEEDS);
    expect(await exitCodeOf(start(parts, 2))).toBe(0);
    expect(resultsIn(parts)).toEqual(resultsIn(whole));
    expect(resultsIn(parts)).toMatchObject({ from: 501, seeds: SEEDS, failures: [] });
  }, 120_000);

  test('are not added to those of another length', async () => {
    const out = join(folder, 'other.json');
    await endInTheMidst(out, 'SIGKILL');
    const main = join(checkout, 'test', 'dist', 'simulation', 'main.js');
    const flags = ['--seeds', '5', '--from', '501', '--seconds', '3', '--out', out];
    expect(await exitCodeOf(spawn(process.execPath, [main, ...flags], { stdio: 'ignore' }))).toBe(
      2,
    );
    expect(totalsIn(out).safetyMs).toBe(1_000);
  }, 60_000);
});

test('results are counted in their order, whichever comes first', () => {
  const taken: [number, string][] = [];
  const ended = new InOrder<string>(7, (number, result) => taken.push([number, result]));
  ended.add(8, 'b');
  ended.add(9, 'c');
  expect(taken, 'without the first, nothing counts').toEqual([]);
  ended.add(7, 'a');
  expect(taken).toEqual([
    [7, 'a'],
    [8, 'b'],
    [9, 'c'],
  ]);
});
