/**
 * How fast the store writes on this machine and its disk: one table. Run by hand, from the root of the repository:
 *
 *   npx tsc -b packages/store
 *   npx rolldown packages/store/test/bench/store.ts --platform node --external lmdb --file packages/store/dist/bench.mjs
 *   node packages/store/dist/bench.mjs [directory on the disk to measure]
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Index, MemberId, Term } from '@cairn/raft';
import { type ChannelStore, type ChannelUpdate, openLmdbDisk, Store } from '../../src/index.ts';
import { sourceOf } from '../support/index-batch.ts';

const IDS_PER_BATCH = 5_000;
const BATCHES = 80;
const LEAF = new Uint8Array(32).fill(1);
const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'cairn-bench-'));
const disk = await openLmdbDisk({
  directory,
  mapBytes: 2 ** 38,
  fatal: (error) => {
    throw error;
  },
});
const store = Store.open(disk, { incarnation: () => randomBytes(8) });
let channelCount = 0;

function newChannel(): Promise<ChannelStore> {
  channelCount += 1;
  const channelId = new Uint8Array(32).fill(channelCount);
  const creation = { name: `bench${channelCount}`, channelId, genesis: new Uint8Array(500) };
  return new Promise((resolve) => store.createChannel(creation, resolve));
}

type Turn = (number: number) => Partial<ChannelUpdate>;

/** Keeps `depth` turns in flight until `turns` are durable. */
async function measure(name: string, depth: number, turns: number, perTurn: number, turn: Turn) {
  const channel = await newChannel();
  const times: number[] = [];
  const utilization = performance.eventLoopUtilization();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await new Promise<void>((resolve) => {
    let issued = 0;
    const issue = (): void => {
      if (issued === turns) return;
      issued += 1;
      const at = performance.now();
      const nothing = { hard: null, truncateFrom: 0 as Index, entries: [], snapshot: null };
      store.commit([{ channel, ...nothing, index: null, ...turn(issued) }], () => {
        times.push(performance.now() - at);
        if (times.length === turns) resolve();
        else issue();
      });
    };
    for (let number = 0; number < depth; number += 1) issue();
  });
  const elapsedMs = performance.now() - start;
  const busyMs = performance.eventLoopUtilization(utilization).active;
  const { user, system } = process.cpuUsage(cpu);
  times.sort((one, other) => one - other);
  const columns = [
    ((turns * perTurn * 1_000) / elapsedMs).toFixed(0),
    times[turns >> 1]!.toFixed(2),
    times[Math.floor(turns * 0.99)]!.toFixed(2),
    ((busyMs / turns / perTurn) * 1_000).toFixed(1),
    ((user + system) / turns / perTurn).toFixed(1),
  ];
  write(`${name.padEnd(34)}${columns.map((column) => column.padStart(12)).join('')}`);
}

function blocks(kib: number): Turn {
  const bytes = randomBytes(kib * 1024);
  return (number) => ({
    hard: { term: 2 as Term, vote: 1 as MemberId, commit: number as Index },
    entries: [
      { index: (number + 1) as Index, term: 2 as Term, kind: 'data', block: { number, bytes } },
    ],
  });
}

/** A small block and the index of the one before it. */
function index(idOf: (batch: number, at: number) => string): Turn {
  const block = blocks(1);
  const sources = Array.from({ length: BATCHES }, (_, batch) => {
    const ids = Array.from({ length: IDS_PER_BATCH }, (_, at) => idOf(batch, at));
    return sourceOf(batch, ids, () => LEAF);
  });
  return (number) => {
    return { ...block(number), index: { mark: number - 1, sources: [sources[number - 1]!] } };
  };
}

const timeOrdered = (batch: number, at: number): string =>
  `${(batch * IDS_PER_BATCH + at).toString(16).padStart(12, '0')}-7${randomBytes(9).toString('hex')}`;
const random = (): string => randomBytes(18).toString('hex');

const head = ['per second', 'p50 ms', 'p99 ms', 'loop us', 'cpu us'];
write(`${''.padEnd(34)}${head.map((column) => column.padStart(12)).join('')}`);
await measure('warm-up', 1, 100, 1, blocks(64));
await measure('64 KiB blocks, 1 in flight', 1, 1_000, 1, blocks(64));
await measure('64 KiB blocks, 3 in flight', 3, 2_000, 1, blocks(64));
await measure('512 KiB blocks, 1 in flight', 1, 400, 1, blocks(512));
await measure('512 KiB blocks, 3 in flight', 3, 600, 1, blocks(512));
await measure('index records, time-ordered ids', 1, BATCHES, IDS_PER_BATCH, index(timeOrdered));
await measure('index records, random ids', 1, BATCHES, IDS_PER_BATCH, index(random));
await disk.close();
rmSync(directory, { recursive: true });
