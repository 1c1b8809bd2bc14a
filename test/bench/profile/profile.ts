/**
 * `profile`: the Cairn side of `peers` under V8's sampling profiler, and where each process spent its time.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Bench, say } from '../bench.ts';
import { readFlags, type Values } from '../options.ts';
import { describeRound } from '../peers/report.ts';
import { runRound } from '../peers/round.ts';
import { makeFolder } from '../support/folder.ts';
import { describeMachine } from '../support/machine.ts';
import { type CpuProfile, selfTimes } from './self-time.ts';

const flags = {
  seconds: { value: 8, meaning: 'measured seconds' },
  size: { value: 1024, meaning: 'bytes of a payload' },
  open: { value: 4000, meaning: 'transactions open at once' },
  top: { value: 25, meaning: 'functions to show of each process' },
  folder: { value: 'test/dist/bench-data', meaning: 'where data and profiles are written' },
};

export const profileBench: Bench = {
  name: 'profile',
  summary: 'Cairn under load: the functions in which each process spends its time',
  flags,
  run: async (words) => runProfile(readFlags(flags, words)),
};

async function runProfile(values: Values<typeof flags>): Promise<void> {
  for (const line of describeMachine('.')) say(line);
  const folder = makeFolder(values.folder);
  try {
    const profiles = resolve(folder.path);
    const nodeOptions = (name: string) => [
      ...['--cpu-prof', `--cpu-prof-dir=${profiles}`],
      `--cpu-prof-name=${name}.cpuprofile`,
    ];
    const plan = {
      parent: values.folder,
      sizeBytes: values.size,
      windowSize: values.open,
      packedTransactions: 1,
      loneTransactions: 1,
      warmUpMs: 2000,
      measureMs: values.seconds * 1000,
    };
    const round = await runRound('Cairn', plan, {
      ordererNodeOptions: nodeOptions,
      clientNodeOptions: nodeOptions('client'),
    });
    say(describeRound(round));
    for (const [role, seconds] of round.cpuSeconds) {
      say(`${role.padEnd(10)} ${(seconds * 1000).toFixed(1)} us of CPU a transaction`);
    }
    for (const file of readdirSync(profiles).filter((name) => name.endsWith('.cpuprofile'))) {
      report(join(profiles, file), file.replace('.cpuprofile', ''), values.top);
    }
  } finally {
    await folder.remove();
  }
}

function report(path: string, name: string, top: number): void {
  const profile = JSON.parse(readFileSync(path, 'utf8')) as CpuProfile;
  const { busyMs, functions } = selfTimes(profile);
  say(`\n${name}: ${(busyMs / 1000).toFixed(1)} s on the main thread, start included`);
  for (const { label, selfMs } of functions.slice(0, top)) {
    const share = ((100 * selfMs) / busyMs).toFixed(1).padStart(5);
    say(`${share} %  ${selfMs.toFixed(0).padStart(6)} ms  ${label}`);
  }
}
