/**
 * Disks that hold a log before their orderer starts for the first time: written through the real store.
 *
 * Every entry is a block of one transaction, built and signed as a leader of its term would have. Two logs with the same
 * terms up to an index hold the same bytes up to there: the log matching property holds of what is given, too.
 */
import {
  type Block,
  buildBlock,
  encodeBodyTransaction,
  parseBlockNumber,
  parseTxId,
  utf8,
} from '@cairn/ledger';
import type { Index, MemberId, Term } from '@cairn/raft';
import { type ChannelStore, Store } from '@cairn/store';
import type { Cluster } from '../simulation/cluster.ts';
import { signerOf } from '../simulation/crypto.ts';
import { EPOCH_MS } from '../simulation/node-clock.ts';

/** `terms` begins with that of block 0, at index 1; `heardOf`: the newest term this orderer knows. */
export function giveLog(
  cluster: Cluster,
  name: string,
  terms: readonly number[],
  heardOf: number,
): void {
  const { disk } = cluster.node(name);
  const [genesis] = cluster.genesis;
  let isDone = false;
  const opened = disk.open({
    enter: (run) => run(),
    moment: () => true,
    fatal: (error) => {
      throw error;
    },
  });
  const store = Store.open(opened, { incarnation: () => incarnationOf(name) });
  const created = { name: cluster.channels[0]!, channelId: genesis!.hash, genesis: genesis!.bytes };
  store.createChannel(created, (channel) => {
    writeLog(store, channel, chainOf(cluster, terms), terms, heardOf, () => {
      isDone = true;
    });
  });
  cluster.world.runUntil(() => isDone, 1_000);
}

const incarnationOf = (name: string): Uint8Array => utf8(name.padEnd(8).slice(-8));

function writeLog(
  store: Store,
  channel: ChannelStore,
  blocks: readonly Block[],
  terms: readonly number[],
  heardOf: number,
  done: () => void,
): void {
  const entries = blocks.map((block, at) => ({
    index: (at + 2) as Index,
    term: terms[at + 1] as Term,
    kind: 'data' as const,
    block: { number: block.header.number, bytes: block.bytes },
  }));
  const hard = { term: heardOf as Term, vote: 0 as MemberId, commit: 1 as Index };
  const update = { channel, hard, truncateFrom: 0 as Index, entries, snapshot: null, index: null };
  store.commit([update], done);
}

/** The blocks behind block 0. */
function chainOf({ crypto, genesis }: Cluster, terms: readonly number[]): Block[] {
  let newest = genesis[0]!;
  const channelId = newest.hash;
  return terms.slice(1).map((term, at) => {
    const id = parseTxId(`given-${term}-${at + 2}`);
    const payload = utf8(`term ${term}`);
    newest = buildBlock({
      crypto,
      signer: signerOf(crypto, 1),
      header: {
        kind: 'data',
        channelId,
        number: parseBlockNumber(at + 1),
        previousHash: newest.hash,
        timestampMs: EPOCH_MS,
        term,
        proposer: 1,
        configNumber: parseBlockNumber(0),
      },
      parts: [encodeBodyTransaction({ id, payload })],
    });
    return newest;
  });
}
