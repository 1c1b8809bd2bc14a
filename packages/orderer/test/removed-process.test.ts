/**
 * The process of an orderer that was removed from one of its two channels, over a real disk and real NATS. Every directory
 * holds the removal when it is started first.
 */
import { readFileSync } from 'node:fs';
import {
  type Block,
  beginMembershipChange,
  buildBlock,
  type ChannelConfig,
  configBlockPart,
  configOf,
  decodeGenesis,
  finishMembershipChange,
  type Hash,
  orThrow,
  parseBlockNumber,
} from '@cairn/ledger';
import type { Index, MemberId, Term } from '@cairn/raft';
import { type ChannelStore, openLmdbDisk, Store } from '@cairn/store';
import { nodeCrypto } from '@cairn/transport';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrdererConfig } from '../src/config.ts';
import { runOrderer } from '../src/run-orderer.ts';
import { answerOf } from './support/json-answer.ts';
import { parsePrometheus } from './support/prometheus-text.ts';
import { RunningCluster, seedOf, until } from './support/running-cluster.ts';
import { readEvents } from './support/server-sent-events.ts';

const names = ['orderer1', 'orderer2', 'orderer3'];
const REMOVED = 'orderer3';
const TERM = 2 as Term;

const fatal = (error: Error): never => {
  throw error;
};

function configBlock(previous: Block, channelId: Hash, config: ChannelConfig): Block {
  const number = parseBlockNumber(previous.header.number + 1);
  const { timestampMs } = previous.header;
  const header = { kind: 'config', channelId, number, previousHash: previous.hash } as const;
  return buildBlock({
    crypto: nodeCrypto,
    signer: nodeCrypto.createSigner(seedOf('orderer1')),
    header: { ...header, timestampMs, term: TERM, proposer: 1 as never, configNumber: number },
    parts: [configBlockPart(number, config)],
  });
}

/** The two blocks that end the membership. */
function removalAfter(genesis: Block): readonly Block[] {
  const before = orThrow(configOf(genesis));
  const rest = before.members.filter(({ name }) => name !== REMOVED);
  const begun = beginMembershipChange(before, rest);
  const first = configBlock(genesis, genesis.hash, begun);
  return [first, configBlock(first, genesis.hash, finishMembershipChange(begun))];
}

async function writeRemoval({ directory, channels }: OrdererConfig): Promise<void> {
  const { genesis: path } = channels.find(({ name }) => name === 'mychannel')!;
  const bytes = new Uint8Array(readFileSync(path));
  const { block: genesis } = orThrow(decodeGenesis(nodeCrypto, bytes));
  const disk = await openLmdbDisk({ directory, mapBytes: 1024 ** 3, fatal });
  const store = Store.open(disk, {
    incarnation: () => nodeCrypto.sha256(genesis.hash).slice(0, 8),
  });
  const created = { name: 'mychannel', channelId: genesis.hash, genesis: genesis.bytes };
  const channel = await new Promise<ChannelStore>((done) => store.createChannel(created, done));
  const entries = removalAfter(genesis).map(({ header: { number }, bytes }) => ({
    index: (number + 1) as Index,
    term: TERM,
    kind: 'config' as const,
    block: { number, bytes },
  }));
  const hard = { term: TERM, vote: 0 as MemberId, commit: entries.at(-1)!.index };
  const update = { hard, truncateFrom: 0 as Index, entries, snapshot: null, index: null };
  await new Promise<void>((done) => store.commit([{ channel, ...update }], done));
  await disk.close();
}

let cluster: RunningCluster;

beforeAll(async () => {
  cluster = await RunningCluster.start({
    orderers: names.length,
    channels: { mychannel: names, audit: names },
    prepare: writeRemoval,
  });
  await cluster.ready();
});
afterAll(() => cluster.end());

describe('an orderer that was removed from one of its two channels', () => {
  test('is ready, and counts in the other', async () => {
    const channels = ['mychannel', 'audit'].map((channel) => ({ channel, problem: null }));
    const { json: readiness } = await answerOf(`${cluster.operations(REMOVED)}/readyz`);
    expect(readiness).toEqual({ ready: true, channels });
    await cluster.stopOrderer('orderer1');
    const url = `${cluster.door(REMOVED)}/v1/channels/audit/transactions`;
    const submit = () => answerOf(url, { method: 'POST', body: 'two of three' });
    await until(async () => (await submit()).status === 200);
    await cluster.startOrderer('orderer1');
    await cluster.ready();
  });

  test('is called broken neither by the state of the cluster nor by the metrics', async () => {
    const { json: state } = await answerOf(`${cluster.door(REMOVED)}/v1/cluster`);
    expect(state.orderers).toEqual(names.map((name) => ({ name, up: true })));
    expect(state.channels).toMatchObject([
      { channel: 'audit', voters: 3, up: 3, problems: [] },
      { channel: 'mychannel', voters: 2, up: 2, problems: [] },
    ]);
    const text = await (await fetch(`${cluster.operations(REMOVED)}/metrics`)).text();
    const sizes = parsePrometheus(text).filter(({ name }) => name === 'cairn_raft_cluster_size');
    expect(sizes.map(({ value }) => value).sort()).toEqual([0, 3]);
  });

  test('has an HTTP door that says of the channel what its members say', async () => {
    const channel = `${cluster.door(REMOVED)}/v1/channels/mychannel`;
    const id = 'through-its-door';
    const events = await readEvents(`${channel}/events`);
    const submitted = await answerOf(`${channel}/transactions`, {
      method: 'POST',
      body: 'two of two',
      headers: { 'Idempotency-Key': id },
    });
    expect(submitted).toMatchObject({ status: 200, json: { id, block: 3 } });
    expect(await events.take(1)).toMatchObject([{ event: 'block', id: '3' }]);
    events.close();
    // Asked often enough that a third of all answers would have come from the one that does not know.
    for (let turn = 0; turn < 20; turn++) {
      const { json: said } = await answerOf(`${channel}/transactions/${id}`);
      expect(said).toMatchObject({ state: 'committed', block: 3, height: 4 });
      expect((await answerOf(channel)).json.height).toBe(4);
    }
    expect((await answerOf(`${channel}/blocks/3`)).json.block.number).toBe(3);
  });

  test('says so in its log', () => {
    const lines = readFileSync(cluster.logFile(REMOVED), 'utf8').trimEnd().split('\n');
    const [warning, ...others] = lines.map((line) => JSON.parse(line)).filter(isOfRemoval);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ channel: 'mychannel', node: REMOVED });
  });

  test('refuses to run for that channel alone', async () => {
    await cluster.stopOrderer(REMOVED);
    const config = cluster.configOf(REMOVED);
    const channels = config.channels.filter(({ name }) => name === 'mychannel');
    await expect(runOrderer({ ...config, channels }, { fatal })).rejects.toMatchObject({
      code: 'BAD_CONFIGURATION',
      exitCode: 2,
      message: expect.stringContaining(`Channel mychannel has no member named ${REMOVED}`),
    });
    await cluster.startOrderer(REMOVED);
    await cluster.ready();
  });
});

const isOfRemoval = ({ msg = '' }: { readonly msg?: string }): boolean =>
  msg.includes('Block [1] removed this orderer from channel mychannel');
