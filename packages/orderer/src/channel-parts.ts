/**
 * What a channel is made of when it is opened: everything is rebuilt from the disk before it may campaign.
 *
 * Invariant: after opening, recent blocks and tail hold exactly the ids that stand in the log above the index's mark
 * (exactly once rests on it).
 */
import {
  type Block,
  type BlockNumber,
  type ConfigAt,
  type Crypto,
  configOf,
  decodeBlock,
  type Hash,
  LedgerError,
  orThrow,
  parseBlockNumber,
  resumeChain,
} from '@cairn/ledger';
import {
  type ConfChange,
  type ConfState,
  type Entry,
  type Index,
  type RaftInit,
  type RaftOptions,
  type Term,
  toIndex,
} from '@cairn/raft';
import type { ChannelStore } from '@cairn/store';
import { ChainLog, type LogPoint } from './chain-log.ts';
import { ChannelBlocks } from './channel-blocks.ts';
import { StartError } from './errors.ts';
import { IndexBacklog } from './index-backlog.ts';
import { type Identity, type OwnMembership, ownMembershipOf } from './own-membership.ts';
import { confChangeReader, confStateOf } from './raft-configuration.ts';
import { TransactionIds } from './transaction-ids.ts';

export interface ChannelParts {
  readonly name: string;
  readonly channelId: Hash;
  readonly own: OwnMembership;
  readonly store: ChannelStore;
  readonly log: ChainLog;
  readonly blocks: ChannelBlocks;
  readonly ids: TransactionIds;
  readonly idSeed: number;
  readonly backlog: IndexBacklog;
  readonly raftInit: RaftInit;
  readonly confChangeOf: (entry: Entry, current: ConfState) => ConfChange;
}

interface OpenOptions extends Identity {
  readonly store: ChannelStore;
  readonly crypto: Crypto;
  readonly nowMs: number;
  /** Secret, below `SEEDS`: nobody outside can choose ids that fall together in the tables. */
  readonly idSeed: number;
}

export function openChannelParts(options: OpenOptions): ChannelParts {
  const { store, crypto } = options;
  const loaded = store.load();
  const { commit } = loaded.hard;
  const committedNumber = parseBlockNumber(store.numberAtIndex(commit) ?? 0);
  const configs = readConfigs(store, crypto, loaded.configBlocks);
  const committedConfigs = configs.filter((config) => config.number <= committedNumber);
  const channelId = store.channelId as Hash;
  const log = new ChainLog(crypto, basePoint(store, crypto, commit, committedConfigs));
  const ids = new TransactionIds(options.idSeed);
  const backlog = new IndexBacklog();
  for (let number = loaded.indexMark + 1; number <= committedNumber; number++) {
    const block = readBlock(store, crypto, parseBlockNumber(number));
    ids.add(block);
    backlog.add(block, options.nowMs);
  }
  readTail(log, store, crypto, commit, loaded.last, ids);
  const naming = { channel: committedConfigs.at(-1)!.config.channel, channelId };
  const blocks = new ChannelBlocks({
    naming,
    crypto,
    store,
    log,
    ids,
    backlog,
    configs: committedConfigs,
  });
  return {
    name: naming.channel,
    channelId,
    own: ownMembershipOf(options, log, committedConfigs),
    store,
    log,
    blocks,
    ids,
    idSeed: options.idSeed,
    backlog,
    raftInit: {
      hard: loaded.hard,
      conf: confStateOf(log.base.state.config.config),
      terms: loaded.terms,
      first: loaded.first,
      last: loaded.last,
      applied: commit,
    },
    confChangeOf: confChangeReader(crypto),
  };
}

function basePoint(
  store: ChannelStore,
  crypto: Crypto,
  index: Index,
  configs: readonly ConfigAt[],
): LogPoint {
  const number = parseBlockNumber(store.numberAtIndex(index) ?? 0);
  const block = readBlock(store, crypto, number);
  const state = resumeChain(crypto, store.channelId as Hash, block, configs.at(-1)!);
  return { index, term: termAt(store, index), state };
}

/** The term of a log index that the store has: of the last run that begins at or below it. */
function termAt(store: ChannelStore, index: Index): Term {
  const run = store.load().terms.findLast(({ first }) => first <= index);
  if (run === undefined) throw damaged(`no term is known for log index ${index}`);
  return run.term;
}

function readTail(
  log: ChainLog,
  store: ChannelStore,
  crypto: Crypto,
  commit: Index,
  last: Index,
  ids: TransactionIds,
): void {
  for (let next = commit + 1; next <= last; next++) {
    const [entry] = store.entries(toIndex(next), toIndex(next + 1), 0);
    if (entry === undefined) throw damaged(`log entry ${next} is missing`);
    const block = entry.block === null ? null : orThrow(decodeBlock(crypto, entry.block));
    if (block !== null) ids.add(block);
    log.append(log.entryAfter(log.newest, entry, block));
  }
}

function readConfigs(
  store: ChannelStore,
  crypto: Crypto,
  places: readonly { readonly number: number }[],
): ConfigAt[] {
  const configs: ConfigAt[] = [];
  for (const place of places) {
    const number = parseBlockNumber(place.number);
    const config = configOf(readBlock(store, crypto, number));
    if (config instanceof LedgerError) throw damaged(`config block ${number}: ${config.message}`);
    configs.push({ number, config, previous: configs.at(-1)?.config ?? null });
  }
  return configs;
}

function readBlock(store: ChannelStore, crypto: Crypto, number: BlockNumber): Block {
  const bytes = store.block(number);
  if (bytes === null) throw damaged(`block ${number} is missing`);
  return orThrow(decodeBlock(crypto, bytes));
}

function damaged(what: string): StartError {
  return new StartError('DATA_DAMAGED', `The data directory is damaged: ${what}.`);
}

export const RAFT_LIMITS = {
  appendBytesMax: 512 * 1024,
  inflightAppendsMax: 64,
  inflightBytesMax: 8 * 1024 * 1024,
  uncommittedBytesMax: 64 * 1024 * 1024,
  applyBytesMax: 64 * 1024 * 1024,
} as const;

/** Options of the core: Raft's timing from the channel's configuration; what protects data is always on. */
export function raftOptions({ own, log }: ChannelParts): RaftOptions {
  const { electionTicks, heartbeatTicks } = log.base.state.config.config.raft;
  return {
    id: own.memberId,
    electionTicks,
    heartbeatTicks,
    preVote: true,
    checkQuorum: true,
    stepDownOnRemoval: true,
    validateConfChange: true,
    ...RAFT_LIMITS,
  };
}
