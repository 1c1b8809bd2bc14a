/**
 * The story everybody tries first, on five orderers: who leads; stop it; another leads and submitting goes on; start it
 * again; it rejoins without disturbing anybody. Told in the status, the log and the metrics at every step.
 */
import type { ChannelClient } from '@cairn/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cairn, type LogLine, startCluster, type TestCluster } from '../support/cluster.ts';
import { until } from '../support/until.ts';

let cluster: TestCluster;
let channel: ChannelClient;

const endings = ['SIGTERM', 'SIGKILL'] as const;

const idOf = (name: string) => cluster.names.indexOf(name) + 1;

beforeAll(async () => {
  cluster = await startCluster({ orderers: 5 });
  channel = (await cluster.sdk()).channel('mychannel', { genesis: cluster.genesis() });
  await channel.submit('before the story');
});

afterAll(() => cluster?.close());

interface Status {
  readonly channels: readonly {
    readonly leader: string | null;
    readonly term: number;
    readonly height: number;
    readonly voters: number;
    readonly up: number;
    readonly quorum: number;
    readonly members: readonly { readonly name: string; readonly state: string }[];
    readonly problems: readonly { readonly code: string }[];
  }[];
  readonly orderers: readonly { readonly name: string; readonly up: boolean }[];
}

async function status() {
  const { stdout, stderr } = await cairn(['status', '--json', '--dir', cluster.directory]);
  expect(stderr).toBe('');
  const answer = JSON.parse(stdout) as Status;
  return { ...answer, ...answer.channels[0]! };
}

const gauge = (name: string) => cluster.metricOfAll(`${name}{channel="mychannel"}`);

/** Exactly one leads, as Prometheus would sum it. */
async function leadersCounted(): Promise<number> {
  const values = [...(await gauge('cairn_raft_is_leader')).values()];
  return values.filter((value) => value === 1).length;
}

/** What an orderer logged since, in order. */
class LogSince {
  readonly #name: string;
  readonly #from: number;

  constructor(name: string) {
    this.#name = name;
    this.#from = cluster.log(name).length;
  }

  get lines(): LogLine[] {
    return cluster
      .log(this.#name)
      .slice(this.#from)
      .filter((line) => line.channel === 'mychannel');
  }

  get texts(): string[] {
    return this.lines.map(({ msg }) => msg);
  }
}

/** The patterns occur in this order, others between them allowed. */
function expectInOrder(texts: readonly string[], patterns: readonly RegExp[]): void {
  let at = 0;
  for (const pattern of patterns) {
    const found = texts.findIndex((text, i) => i >= at && pattern.test(text));
    expect(found, `${pattern} after line ${at} of:\n${texts.join('\n')}`).toBeGreaterThanOrEqual(0);
    at = found + 1;
  }
}

describe.sequential('The story of a leader', () => {
  test('status names the leader, and everybody agrees', async () => {
    const leader = await cluster.waitForLeader();
    const seen = await status();
    expect(seen).toMatchObject({ leader, voters: 5, up: 5, quorum: 3, problems: [] });
    expect(seen.orderers.every(({ up }) => up)).toBe(true);
    expect(seen.members.filter(({ state }) => state === 'leader').map(({ name }) => name)).toEqual([
      leader,
    ]);
    expect([...(await gauge('cairn_raft_leader_id')).values()]).toEqual(
      Array(5).fill(idOf(leader)),
    );
    expect([...(await gauge('cairn_raft_cluster_size')).values()]).toEqual(Array(5).fill(5));
    expect(await leadersCounted()).toBe(1);
    const actives = [...(await gauge('cairn_raft_active_nodes')).values()];
    expect(Math.max(...actives.map((value) => value ?? 0))).toBe(5);
  });

  test.each(endings)(
    'the leader ends by %s, another leads, and it comes back quietly',
    async (signal) => {
      const leader = await cluster.waitForLeader();
      const before = await status();
      const others = cluster.names.filter((name) => name !== leader);
      const logs = new Map(others.map((name) => [name, new LogSince(name)]));
      const submitting = keepSubmitting();

      if (signal === 'SIGTERM') expect(await cluster.stop(leader)).toBe(0);
      else await cluster.kill(leader);

      // Another leads, in the metrics, the status and the log.
      const next = await cluster.waitForLeader('mychannel', leader);
      expect(await leadersCounted()).toBe(1);
      const led = await until('status names the new leader', async () => {
        const seen = await status();
        return seen.leader === next && seen;
      });
      expect(led.up).toBe(4);
      expect(led.term).toBeGreaterThan(before.term);
      expect(led.members.find(({ name }) => name === leader)?.state).toBe('down');
      expect(led.problems.length).toBeGreaterThan(0);
      const sizes = await gauge('cairn_raft_cluster_size');
      expect([...sizes.values()]).toEqual(Array(4).fill(5));
      expectElection(logs.get(next)!.texts, { signal, id: idOf(next) });
      for (const name of others.filter((name) => name !== next)) {
        expectInOrder(logs.get(name)!.texts, [
          new RegExp(`^Raft leader changed: \\d -> ${idOf(next)}$`),
        ]);
      }
      await until('the dead one is no longer active', async () => {
        const actives = [...(await gauge('cairn_raft_active_nodes')).values()];
        return Math.max(...actives.map((value) => value ?? 0)) === 4;
      });

      // It comes back: pre-votes first, refused by the lease, follower, same term, caught up.
      const termBefore = (await gauge('cairn_raft_term')).get(next);
      const ownLog = new LogSince(leader);
      const leaderLog = new LogSince(next);
      await cluster.start(leader);
      await until(
        'it follows',
        async () => (await gauge('cairn_raft_leader_id')).get(leader) === idOf(next),
      );
      const id = idOf(leader);
      expectInOrder(ownLog.texts, [
        new RegExp(`^${id} became follower at term \\d+$`),
        new RegExp(`^${id} is starting a new election at term \\d+$`),
        new RegExp(`^${id} became pre-candidate at term \\d+$`),
        new RegExp(`^Raft leader changed: 0 -> ${idOf(next)}$`),
      ]);
      expect(ownLog.texts.some((text) => text.includes('became candidate'))).toBe(false);
      await until('the leader refused the pre-vote', () =>
        leaderLog.texts.some((text) => refusalOf(id, signal).test(text)),
      );
      const { count, failures } = await submitting.stop();
      expect(failures).toEqual([]);
      expect(count).toBeGreaterThan(3);
      expect((await gauge('cairn_raft_term')).get(next)).toBe(termBefore);
      expect(await cluster.leader()).toBe(next);
      const { block } = await channel.submit('everybody has this');
      await cluster.waitForHeight(block + 1);
      const after = await until('status is well', async () => {
        const seen = await status();
        return seen.problems.length === 0 && seen;
      });
      expect(after).toMatchObject({ leader: next, term: termBefore, up: 5 });
      expect([...(await gauge('cairn_raft_cluster_size')).values()]).toEqual(Array(5).fill(5));
      expect(await leadersCounted()).toBe(1);
    },
    90_000,
  );
});

/** A planned stop hands over: the next leader was told to campaign, without pre-votes. A kill is noticed by silence. */
function expectElection(texts: readonly string[], election: { signal: string; id: number }): void {
  const { signal, id } = election;
  const preVotes = [
    new RegExp(`^${id} became pre-candidate at term \\d+$`),
    new RegExp(
      `^${id} \\[quorum:3\\] has received 3 MsgPreVoteResp votes and \\d vote rejections$`,
    ),
  ];
  expectInOrder(texts, [
    new RegExp(`^${id} is starting a new election at term \\d+$`),
    ...(signal === 'SIGTERM' ? [] : preVotes),
    new RegExp(`^${id} became candidate at term \\d+$`),
    new RegExp(`^${id} \\[quorum:3\\] has received 3 MsgVoteResp votes and \\d vote rejections$`),
    new RegExp(`^${id} became leader at term \\d+$`),
    new RegExp(`^Raft leader changed: 0 -> ${id}$`),
    /^Start accepting requests as Raft leader at block \[\d+\]$/,
    /^Created block \[\d+\], there are \d+ blocks in flight$/,
  ]);
}

/**
 * By the lease. Who was killed, and so has not heard of the term that began when it went, asks for that very term, for
 * which the leader has its own vote: etcd's Raft then says "rejected" before it looks at the lease.
 */
function refusalOf(id: number, signal: string): RegExp {
  const ignored = `ignored MsgPreVote from ${id} .*: lease is not expired \\(remaining ticks: \\d+\\)`;
  const rejected = `rejected MsgPreVote from ${id} `;
  return new RegExp(signal === 'SIGTERM' ? ignored : `${ignored}|${rejected}`);
}

/** One transaction after the other until told to stop: none may fail while leaders come and go. */
function keepSubmitting() {
  let isStopped = false;
  let count = 0;
  const failures: string[] = [];
  const submitted = (async () => {
    while (!isStopped) {
      try {
        await channel.submit(`goes on ${count}`, { timeoutMs: 20_000 });
        count += 1;
      } catch (error) {
        failures.push(`${error}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    stop: async () => {
      isStopped = true;
      await submitted;
      return { count, failures };
    },
  };
}
