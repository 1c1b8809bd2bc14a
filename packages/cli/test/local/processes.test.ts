import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { type Home, homeAt } from '../../src/local/home.ts';
import {
  endProcess,
  isRunning,
  killProcess,
  launch,
  runningNames,
  runningProcess,
  startTimeOf,
} from '../../src/local/processes.ts';
import { temporaryFolder } from '../support/folder.ts';

function launchNode(home: Home, name: string, script: string) {
  const started = launch(home, {
    name,
    command: process.execPath,
    parameters: ['-e', script],
    environment: process.env,
  });
  onTestFinished(() => void killProcess(home, name));
  return started;
}

const STAYS = 'process.stdout.write("here\\n"); setInterval(() => {}, 1000)';

test('a started process is known until it has ended, and its output is in its log', async () => {
  const home = homeAt(temporaryFolder());
  const started = launchNode(home, 'orderer1', STAYS);
  expect(runningProcess(home, 'orderer1')?.pid).toBe(started.pid);
  expect(runningNames(home)).toEqual(['orderer1']);
  await expect.poll(() => readFileSync(home.log('orderer1'), 'utf8')).toBe('here\n');
  expect(await endProcess(home, 'orderer1')).toBe('stopped');
  expect(isRunning(started)).toBe(false);
  expect(await endProcess(home, 'orderer1')).toBe('notRunning');
});

test('a killed process has ended when the call returns', async () => {
  const home = homeAt(temporaryFolder());
  const started = launchNode(home, 'orderer1', `process.on('SIGTERM', () => {}); ${STAYS}`);
  expect(await killProcess(home, 'orderer1')).toBe('killed');
  expect(isRunning(started)).toBe(false);
});

test('a process that only has the id of ours is left alone', async () => {
  const home = homeAt(temporaryFolder());
  mkdirSync(home.runDirectory);
  const stranger = { pid: process.pid, startTime: 'another time' };
  writeFileSync(home.run('orderer1'), JSON.stringify(stranger));
  expect(runningProcess(home, 'orderer1')).toBeNull();
  expect(await killProcess(home, 'orderer1')).toBe('notRunning');
});

test('a damaged record counts as nothing running', () => {
  const home = homeAt(temporaryFolder());
  mkdirSync(home.runDirectory);
  writeFileSync(home.run('orderer1'), '{');
  expect(runningNames(home)).toEqual([]);
});

test('a program that cannot be started ends at once', async () => {
  const home = homeAt(temporaryFolder());
  const launchIt = { name: 'x', command: '/nonexistent', parameters: [], environment: {} };
  const started = launch(home, launchIt);
  expect(await started.ended).toBeNull();
  expect(runningProcess(home, 'x')).toBeNull();
});

test('no process has the id 0 or one that is free', () => {
  expect(startTimeOf(process.pid)).not.toBeNull();
  expect(startTimeOf(2 ** 30)).toBeNull();
});
