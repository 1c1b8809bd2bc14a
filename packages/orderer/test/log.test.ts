import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../src/log.ts';
import type { Log } from '../src/telemetry.ts';
import { MemoryCluster, subjects } from './support/memory-cluster.ts';
import { until } from './support/running-cluster.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a log', () => {
  const file = () => join(folder, 'deep', 'orderer1.log');
  const create = () => createLog({ name: 'orderer1', log: { level: 'info', file: file() } });
  const lines = () =>
    readFileSync(file(), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));

  test('binds node and channel, and has written every line once flushed', async () => {
    const log = create();
    log.channelLog(null).info({}, 'of the process');
    for (let line = 0; line < 1000; line++)
      log.channelLog('mychannel').info({ term: 7 }, `${line}`);
    log.flush();
    await until(async () => lines().length === 1001);
    expect(lines()[0]).toMatchObject({ node: 'orderer1', msg: 'of the process' });
    expect(lines()[1000]).toMatchObject({
      node: 'orderer1',
      channel: 'mychannel',
      term: 7,
      msg: '999',
    });
  });

  test('can be flushed before anything was written, and right after it was made', () => {
    create().flush();
    expect(lines()).toEqual([]);
  });

  test('changes its level at run time, also for channels that log already', async () => {
    const log = create();
    const channel = log.channelLog('mychannel');
    channel.debug({}, 'too quiet');
    log.level = 'debug';
    channel.debug({}, 'heard');
    log.level = 'error';
    channel.info({}, 'too quiet again');
    log.flush();
    await until(async () => lines().length === 1);
    expect(lines()[0]).toMatchObject({ msg: 'heard' });
  });

  test('that cannot be opened is one sentence with what to do', () => {
    const log = { level: 'info', file: '/dev/null/orderer.log' } as const;
    expect(() => createLog({ name: 'orderer1', log })).toThrow(/log.file/);
  });
});

interface Line {
  readonly node: string;
  readonly level: string;
  readonly term: unknown;
  readonly text: string;
}

function recordingCluster() {
  const cluster = new MemoryCluster({ seed: 11, orderers: 3 });
  const lines: Line[] = [];
  const logOf = (node: string): Log => {
    const record = (level: string) => (fields: Readonly<Record<string, unknown>>, text: string) => {
      lines.push({ node, level, term: fields.term, text });
    };
    return {
      debug: record('debug'),
      info: record('info'),
      warn: record('warn'),
      error: record('error'),
    };
  };
  cluster.observe = (name) => ({ logOf: () => logOf(name) });
  const said = (node: string, text: RegExp) =>
    lines.filter((line) => line.node === node && text.test(line.text));
  return { cluster, lines, said };
}

describe('an election in the log', () => {
  test("reads in the words of etcd's Raft, at level info, with the term", () => {
    const { cluster, said } = recordingCluster();
    cluster.start();
    const leader = cluster.awaitLeader();
    expect(cluster.ask(subjects.submit('mychannel'), 'x').status).toBe(200);
    const id = Number(leader.slice(-1));
    // Another may stand at the same time, so there may be rejections.
    const expected = [
      new RegExp(`^${id} is starting a new election at term 1$`),
      new RegExp(`^${id} became pre-candidate at term 1$`),
      new RegExp(
        `^${id} \\[quorum:2\\] has received 2 MsgPreVoteResp votes and \\d vote rejections$`,
      ),
      new RegExp(`^${id} became candidate at term \\d+$`),
      new RegExp(`^${id} \\[quorum:2\\] has received 2 MsgVoteResp votes and \\d vote rejections$`),
      new RegExp(`^${id} became leader at term \\d+$`),
      new RegExp(`^raft\\.node: ${id} elected leader ${id} at term \\d+$`),
      new RegExp(`^Raft leader changed: 0 -> ${id}$`),
      /^Start accepting requests as Raft leader at block \[0\]$/,
      /^Created block \[1\], there are 0 blocks in flight$/,
      /^Writing block \[1\] \(Raft index: \d+\) to ledger$/,
    ];
    for (const text of expected) {
      const [line] = said(leader, text);
      expect(line, String(text)).toMatchObject({ level: 'info', term: expect.any(Number) });
    }
    for (const { name } of cluster.nodes) {
      expect(said(name, /^Raft leader changed: 0 -> \d$/)).not.toEqual([]);
    }
  });

  test('of a follower that comes back is refused by the lease, and says so', () => {
    const { cluster, said } = recordingCluster();
    cluster.start();
    const leader = cluster.awaitLeader();
    const { term } = cluster.channelOf(leader);
    const follower = cluster.nodes.find(({ name }) => name !== leader)!.name;
    cluster.kill(follower);
    cluster.world.runFor(2_000);
    cluster.start(follower);
    cluster.world.runFor(3_000);
    const [id, leaderId] = [follower, leader].map((name) => Number(name.slice(-1)));
    const ignored = new RegExp(
      `ignored MsgPreVote from ${id} .*: lease is not expired \\(remaining ticks: \\d+\\)$`,
    );
    expect(said(leader, ignored)).toHaveLength(1);
    expect(said(follower, new RegExp(`^Raft leader changed: 0 -> ${leaderId}$`))).not.toEqual([]);
    expect(cluster.channelOf(leader).term).toBe(term);
  });

  test('of a leader that comes back is rejected, and the term does not move', () => {
    const { cluster, lines, said } = recordingCluster();
    cluster.start();
    const first = cluster.awaitLeader();
    cluster.kill(first);
    const second = cluster.awaitLeader();
    const { term } = cluster.channelOf(second);
    lines.length = 0;
    cluster.start(first);
    cluster.world.runFor(3_000);
    const [id, leaderId] = [first, second].map((name) => Number(name.slice(-1)));
    expect(said(first, new RegExp(`^${id} became pre-candidate at term`))).toHaveLength(1);
    const refused = new RegExp(`(rejected|ignored) MsgPreVote from ${id} `);
    expect(said(second, refused)).toHaveLength(1);
    expect(said(first, new RegExp(`^${id} became follower at term ${term}$`))).not.toEqual([]);
    expect(said(first, new RegExp(`^Raft leader changed: 0 -> ${leaderId}$`))).toHaveLength(1);
    expect(cluster.channelOf(second).term).toBe(term);
  });
});
