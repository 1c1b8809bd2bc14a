/** The replay has teeth: what is not as in the blog ends it, with a sentence that says what was expected. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replayBlog, type Sample } from '@cairn/grafana';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { makeGuardedDirectory } from '../support/guarded-directory.ts';

const place = makeGuardedDirectory('cairn-blog-');
afterAll(() => place.remove());

const names = ['orderer1', 'orderer2', 'orderer3'];
const orderers = names.map((name) => ({ name, log: join(place.path, `${name}.log`) }));

const logged = (name: string, ...texts: readonly string[]): void =>
  appendFileSync(
    join(place.path, `${name}.log`),
    texts.map((msg) => `${JSON.stringify({ channel: 'mychannel', msg })}\n`).join(''),
  );

const election = [
  '1 is starting a new election at term 1',
  '1 became pre-candidate at term 1',
  '1 [quorum:2] has received 2 MsgPreVoteResp votes and 0 vote rejections',
  '1 became candidate at term 2',
  '1 [quorum:2] has received 2 MsgVoteResp votes and 0 vote rejections',
  '1 became leader at term 2',
  'raft.node: 1 elected leader 1 at term 2',
  'Raft leader changed: 0 -> 1',
  'Start accepting requests as Raft leader at block [0]',
];

/** What Prometheus says of a channel of three that orderer1 leads, in term 2. */
const answers: Readonly<Record<string, number | readonly number[]>> = {
  'cairn_raft_is_leader{channel="mychannel"} == 1': 1,
  'cairn_raft_leader_id{channel="mychannel",instance="orderer1"}': 1,
  'cairn_raft_term{channel="mychannel",instance="orderer1"}': 2,
  'consensus_etcdraft_is_leader>0': 1,
  'consensus_etcdraft_cluster_size{channel="mychannel"}': [3, 3, 3],
  'count(consensus_etcdraft_is_leader{channel="mychannel"})': 3,
  'max(cairn_raft_active_nodes{channel="mychannel"})': 3,
  'sum(cairn_raft_is_leader{channel="mychannel"})': 1,
};

beforeEach(() => {
  for (const { log } of orderers) writeFileSync(log, '');
});

interface Differently {
  readonly answers?: Readonly<Record<string, number | readonly number[]>>;
  submit?(): void;
}

/** How far it comes, in a world where the leader is well and nobody stops. */
function replayed(differently: Differently): Promise<void> {
  const said = { ...answers, ...differently.answers };
  const samples = (expression: string): Sample[] =>
    [said[expression] ?? []].flat().map((value, at) => ({
      labels: { channel: 'mychannel', instance: names[at] ?? '' },
      value,
    }));
  return replayBlog({
    channel: 'mychannel',
    looksMax: 2,
    orderers,
    ask: async (expression) => samples(expression),
    stop: () => Promise.reject(new Error('it came to the stop')),
    kill: () => Promise.reject(new Error('it came to the kill')),
    start: async () => {},
    submit: async () => {
      (differently.submit ?? writtenByAll)();
      return 1;
    },
    step: () => {},
    saw: () => {},
  });
}

const created = 'Created block [1], there are 0 blocks in flight';
const writing = 'Writing block [1] (Raft index: 3) to ledger';

function writtenByAll(): void {
  logged('orderer1', created);
  for (const name of names) logged(name, writing);
}

describe('the replay', () => {
  test('goes on where everything is as it should be', async () => {
    logged('orderer1', ...election);
    await expect(replayed({})).rejects.toThrow('it came to the stop');
  });

  test.each(election)('misses "%s"', async (left) => {
    logged('orderer1', ...election.filter((text) => text !== left));
    await expect(replayed({})).rejects.toThrow(/^Expected within 0\.2 s: the log of orderer1 /);
  });

  test.each([
    ['consensus_etcdraft_is_leader>0', []],
    ['consensus_etcdraft_cluster_size{channel="mychannel"}', [3, 3, 2]],
    ['count(consensus_etcdraft_is_leader{channel="mychannel"})', 2],
    ['max(cairn_raft_active_nodes{channel="mychannel"})', 0],
    ['sum(cairn_raft_is_leader{channel="mychannel"})', 2],
  ])('misses the answer to %s', async (query, answer) => {
    logged('orderer1', ...election);
    const ended = replayed({ answers: { [query]: answer } });
    const seen = [answer].flat().length === 0 ? 'nothing' : [answer].flat().join(' ');
    await expect(ended).rejects.toThrow(new RegExp(`gives .*, but it gave ${seen}\\.$`));
  });

  test('misses a block that its leader did not announce, or that a member did not write', async () => {
    logged('orderer1', ...election);
    const silently = () => names.forEach((name) => void logged(name, writing));
    await expect(replayed({ submit: silently })).rejects.toThrow(
      'log of orderer1 says "Created block [1], there are 0 blocks in flight".',
    );
    const twoOfThree = () => {
      logged('orderer1', created, writing);
      logged('orderer2', writing);
    };
    await expect(replayed({ submit: twoOfThree })).rejects.toThrow(
      'log of orderer3 says "Writing block [1] (Raft index: <n>) to ledger".',
    );
  });

  test('misses a leader', async () => {
    const nobody = { 'cairn_raft_is_leader{channel="mychannel"} == 1': [] };
    await expect(replayed({ answers: nobody })).rejects.toThrow('one orderer leads');
    const two = { 'cairn_raft_is_leader{channel="mychannel"} == 1': [1, 1] };
    await expect(replayed({ answers: two })).rejects.toThrow('one orderer leads');
  });
});
