/**
 * The promise of a receipt, held to the disk; and every way to start an orderer that must be refused.
 */
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelClient } from '@cairn/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cairn, startCluster, type TestCluster } from '../support/cluster.ts';
import {
  hasStrace,
  readTrace,
  type SystemCall,
  startTrace,
  synchronousDescriptors,
} from '../support/trace.ts';

let cluster: TestCluster;
let channel: ChannelClient;

beforeAll(async () => {
  cluster = await startCluster({ orderers: 3 });
  channel = (await cluster.sdk()).channel('mychannel', { genesis: cluster.genesis() });
  for (let i = 0; i < 10; i++) await channel.submit(`transaction ${i}`);
});

afterAll(() => cluster?.close());

async function someFollower(): Promise<string> {
  const leader = await cluster.waitForLeader();
  return cluster.names.find((name) => name !== leader)!;
}

describe.skipIf(!hasStrace)('Held to the disk', () => {
  test('a follower acknowledges a block only after it is synced', async () => {
    const leader = await cluster.waitForLeader();
    const follower = await someFollower();
    const { pid } = cluster.process(follower);
    const synchronous = synchronousDescriptors(pid);
    expect(synchronous.length).toBeGreaterThan(0);
    const output = join(cluster.directory, 'trace');
    const tracer = await startTrace(pid, output);
    for (let i = 0; i < 10; i++) {
      const { block } = await channel.submit('x'.repeat(2_000));
      await cluster.waitForHeight(block + 1, [follower]);
      await sleep(100);
    }
    tracer.signal('SIGINT');
    await tracer.ended;
    const rounds = roundsOf(readTrace(output), { leader, follower });
    expect(rounds.length).toBeGreaterThanOrEqual(5);
    for (const calls of rounds) {
      const pages = calls.findIndex(({ name, result }) => name === 'fdatasync' && result === 0);
      const meta = calls.findIndex(
        ({ name, descriptor }, i) =>
          i > pages && name.startsWith('pwrite') && synchronous.includes(descriptor),
      );
      const seen = calls.map(({ name, descriptor }) => `${name}(${descriptor})`).join(' ');
      expect(pages, `fdatasync before the acknowledgement in: ${seen}`).toBeGreaterThanOrEqual(0);
      expect(meta, `the synchronous write after it in: ${seen}`).toBeGreaterThan(pages);
    }
  });
});

const BLOCK_BYTES = 2_000;

/** What happened between each append that carried a block and the next thing said to the leader on Raft's subject. */
function roundsOf(
  calls: readonly SystemCall[],
  { leader, follower }: { leader: string; follower: string },
): SystemCall[][] {
  const heard = new RegExp(
    `MSG cairn\\.mychannel\\.raft\\.(?:${follower}|members)\\.${leader} \\d+ (\\d+)`,
  );
  const said = `PUB cairn.mychannel.raft.${leader}.${follower} `;
  const rounds: SystemCall[][] = [];
  let round: SystemCall[] | null = null;
  for (const call of calls) {
    const bytes = Number(heard.exec(call.arguments)?.[1] ?? 0);
    if (call.name === 'read' && bytes > BLOCK_BYTES) round = [];
    else if (round !== null && call.arguments.includes(said)) {
      rounds.push(round);
      round = null;
    } else round?.push(call);
  }
  return rounds;
}

describe('What must not start says why in one sentence', () => {
  let follower: string;
  let kept: string;
  let data: string;
  let leader: string;

  beforeAll(async () => {
    leader = await cluster.waitForLeader();
    follower = await someFollower();
    data = cluster.place(follower).data;
    kept = `${data}.kept`;
  });

  /** Runs the orderer's own command; everything but log lines that it says. */
  async function attempt(environment: NodeJS.ProcessEnv = {}) {
    const parameters = ['orderer', '--config', cluster.place(follower).config];
    const { exitCode, stdout, stderr } = await cairn(parameters, { environment });
    const plain = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    expect(plain).toEqual([]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toMatch(/ {4}at |node:internal|Error:/);
    return { exitCode, sentence: stderr.trim() };
  }

  test('a second orderer on the same directory: exit code 4', async () => {
    const { exitCode, sentence } = await attempt();
    expect(exitCode).toBe(4);
    expect(sentence).toContain(data);
    expect(sentence).toContain(`${cluster.process(follower).pid}`);
    expect(cluster.isRunning(follower)).toBe(true);
  });

  test('a port in use: exit code 4, and the port is named', async () => {
    expect(await cluster.stop(follower)).toBe(0);
    const port = Number(new URL(cluster.place(follower).http).port);
    const squatter = createServer().listen(port, '127.0.0.1');
    const { exitCode, sentence } = await attempt();
    squatter.close();
    expect(exitCode).toBe(4);
    expect(sentence).toContain(`${port}`);
  });

  test('no NATS server: exit code 4, and the address is named', async () => {
    const { exitCode, sentence } = await attempt({ CAIRN_NATS_SERVERS: 'nats://127.0.0.1:9' });
    expect(exitCode).toBe(4);
    expect(sentence).toContain('127.0.0.1:9');
  });

  test('a setting that is unknown, and one that is wrong: exit code 2, and the key is named', async () => {
    const { config } = cluster.place(follower);
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, `${text}htpp: 3\n`);
    expect(await attempt()).toMatchObject({
      exitCode: 2,
      sentence: expect.stringContaining('htpp'),
    });
    writeFileSync(config, text.replace(/port: \d+/, 'port: many'));
    expect(await attempt()).toMatchObject({
      exitCode: 2,
      sentence: expect.stringContaining('port'),
    });
    writeFileSync(config, text);
  });

  test('a data file that was cut short: exit code 5, and nothing is changed', async () => {
    cpSync(data, kept, { recursive: true });
    const file = join(data, 'data.mdb');
    truncateSync(file, 20_000);
    const before = readFileSync(file);
    const { exitCode, sentence } = await attempt();
    expect(exitCode).toBe(5);
    expect(sentence).toContain(file);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('a data file that is something else: exit code 5, and it is not touched', async () => {
    const file = join(data, 'data.mdb');
    const foreign = Buffer.from('not a data file of ours '.repeat(10_000));
    writeFileSync(file, foreign);
    const { exitCode, sentence } = await attempt();
    expect(exitCode).toBe(5);
    expect(sentence).toContain(file);
    expect(readFileSync(file).equals(foreign)).toBe(true);
  });

  test('the directory of another orderer: refused, and it does not vote', async () => {
    const other = cluster.names.find((name) => name !== follower && name !== leader)!;
    await cluster.stop(other);
    rmSync(data, { recursive: true });
    cpSync(cluster.place(other).data, data, { recursive: true });
    await cluster.start(other);
    const { exitCode, sentence } = await attempt();
    expect(exitCode).toBe(1);
    expect(sentence).toContain(follower);
  });

  test('an empty directory of a voter in a cluster that has run: exit code 1', async () => {
    rmSync(data, { recursive: true });
    const { exitCode, sentence } = await attempt();
    expect(exitCode).toBe(1);
    expect(sentence).toMatch(/lost its data|must not vote/);
    const { block } = await channel.submit('the others go on');
    expect(block).toBeGreaterThan(0);
  });

  test('with the directory it had, it starts and catches up', async () => {
    rmSync(data, { recursive: true, force: true });
    renameSync(kept, data);
    await cluster.start(follower);
    const { block } = await channel.submit('complete again');
    await cluster.waitForHeight(block + 1);
    expect(readdirSync(data).length).toBeGreaterThan(0);
    expect(existsSync(kept)).toBe(false);
  });
});
