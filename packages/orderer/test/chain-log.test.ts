/**
 * Every rule a block can break, broken by a proposer who signs it: the channel stops. Everything nobody entitled has
 * signed: it is dropped.
 */
import {
  type Block,
  beginMembershipChange,
  buildBlock,
  type ChainState,
  configBlockPart,
  encodeKey,
  genesisBlock,
  type Hash,
  initialConfig,
  orThrow,
  parseBlockNumber,
  parseChannelName,
  parseOrdererName,
  type Signer,
  startChain,
  updateConfig,
  ZERO_HASH,
} from '@cairn/ledger';
import type { Entry, EntryKind, Index, MemberId, Term } from '@cairn/raft';
import { nodeCrypto } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { type AppendMessage, ChainLog } from '../src/chain-log.ts';
import { encoded } from './support/desk.ts';

const signers = [1, 2, 3].map((seed) => nodeCrypto.createSigner(new Uint8Array(32).fill(seed)));
const stranger = nodeCrypto.createSigner(new Uint8Array(32).fill(9));
const batch = {
  maxTransactions: 3,
  preferredBytes: 1_000,
  maxTransactionBytes: 500,
  timeoutMs: 10,
};
const config = initialConfig({
  channel: parseChannelName('mychannel'),
  createdMs: 1_000,
  members: signers.map((signer, at) => ({
    name: parseOrdererName(`orderer${at + 1}`),
    key: encodeKey(signer.publicKey),
    role: at === 2 ? 'learner' : 'voter',
  })),
  batch,
});
const genesis = genesisBlock(config, nodeCrypto);
const start = orThrow(startChain(nodeCrypto, genesis)) as ChainState;

type Header = Parameters<typeof buildBlock>[0]['header'];

interface Wish {
  readonly header?: Partial<Header>;
  readonly parts?: readonly Uint8Array[];
  readonly signer?: Signer;
  readonly after?: ChainState;
}

const one = [encoded('a', 'x')];

function blockFor({ header = {}, parts = one, signer = signers[0]!, after = start }: Wish): Block {
  const number = parseBlockNumber(after.number + 1);
  return buildBlock({
    crypto: nodeCrypto,
    signer,
    header: {
      kind: 'data',
      channelId: after.channelId,
      number,
      previousHash: after.hash,
      timestampMs: after.timestampMs,
      term: 2,
      proposer: 1,
      configNumber: header.kind === 'config' ? number : after.config.number,
      ...header,
    },
    parts: [...parts],
  });
}

function entry(bytes: Uint8Array, kind: EntryKind = 'data', index = 2, term = 2): Entry {
  return { index: index as Index, term: term as Term, kind, data: bytes };
}

function append(...entries: Entry[]): AppendMessage {
  return {
    type: 'append',
    from: 1 as MemberId,
    to: 2 as MemberId,
    term: 2 as Term,
    prevIndex: 1 as Index,
    prevTerm: 1 as Term,
    commit: 1 as Index,
    entries,
  };
}

const raft = {
  term: 2 as Term,
  lastIndex: 1 as Index,
  termAt: (index: Index) => (index === 1 ? (1 as Term) : null),
};

function newLog(): ChainLog {
  return new ChainLog(nodeCrypto, { index: 1 as Index, term: 1 as Term, state: start });
}

const judge = (...entries: Entry[]) => newLog().judge(append(...entries), raft);

const configWish = (next: typeof config): Wish => ({
  header: { kind: 'config' },
  parts: [configBlockPart(parseBlockNumber(1), next)],
});

describe('what an entitled proposer signed', () => {
  test('passes when it keeps the rules, block after block', () => {
    const first = blockFor({});
    const noop = entry(new Uint8Array(0), 'noop', 3);
    const verdict = judge(entry(first.bytes), noop);
    expect(verdict).toMatchObject({
      kind: 'pass',
      fresh: [{ index: 2 }, { index: 3, block: null }],
    });
  });

  test.each<[string, Wish]>([
    ['NUMBER', { header: { number: parseBlockNumber(2) } }],
    ['CHANNEL_ID', { header: { channelId: new Uint8Array(32).fill(1) as Hash } }],
    ['PREVIOUS_HASH', { header: { previousHash: ZERO_HASH } }],
    ['CONFIG_NUMBER', { header: { configNumber: parseBlockNumber(1) } }],
    ['TERM', { header: { term: 3 } }],
    ['TERM', { header: { term: 1 } }],
    ['TIME', { header: { timestampMs: 999 } }],
    ['LIMITS', { parts: ['a', 'b', 'c', 'd'].map((id) => encoded(id, 'x')) }],
    ['LIMITS', { parts: [encoded('a', 'x'.repeat(501))] }],
    ['LIMITS', { parts: ['a', 'b', 'c'].map((id) => encoded(id, 'x'.repeat(400))) }],
    ['DUPLICATE_ID', { parts: [encoded('a', 'x'), encoded('a', 'y')] }],
    ['RESERVED_ID', { parts: [encoded('config-7', 'x')] }],
    ['CONFIG_CHANGE', configWish(config)],
    ['CONFIG_SHAPE', { header: { kind: 'config' }, parts: [encoded('config-1', '{}')] }],
  ])('%s stops the channel (%#)', (reason, wish) => {
    const { bytes, header } = blockFor(wish);
    const verdict = judge(entry(bytes, header.kind));
    expect(verdict).toMatchObject({ kind: 'violation', reason });
    expect(verdict.kind === 'violation' && verdict.evidence).toBe(bytes);
  });

  test('ROOT, a byte of the body changed, stops the channel', () => {
    const bytes = Uint8Array.from(blockFor({}).bytes);
    bytes[bytes.length - 1]! ^= 1;
    expect(judge(entry(bytes))).toMatchObject({ kind: 'violation', reason: 'ROOT' });
  });

  test('a body that cannot be read stops the channel', () => {
    const { bytes } = blockFor({});
    for (const broken of [bytes.subarray(0, bytes.length - 1), Buffer.concat([bytes, one[0]!])]) {
      expect(judge(entry(broken))).toMatchObject({ kind: 'violation' });
    }
  });

  test('KIND, a block in an entry of another kind, stops the channel', () => {
    const next = updateConfig(config, { batch: { ...config.batch, timeoutMs: 20 } });
    const changed = blockFor(configWish(next));
    expect(judge(entry(changed.bytes, 'data'))).toMatchObject({
      kind: 'violation',
      reason: 'KIND',
    });
    const data = blockFor({});
    expect(judge(entry(data.bytes, 'config'))).toMatchObject({ kind: 'violation', reason: 'KIND' });
  });

  test('a good block before the bad one does not help it', () => {
    const good = blockFor({});
    const bad = blockFor({ header: { number: parseBlockNumber(2) } });
    expect(judge(entry(good.bytes), entry(bad.bytes, 'data', 3))).toMatchObject({
      kind: 'violation',
      reason: 'PREVIOUS_HASH',
    });
  });
});

describe('what nobody entitled said', () => {
  test.each<[string, string, Wish]>([
    ['PROPOSER', 'of no member', { header: { proposer: 9 } }],
    ['PROPOSER', 'of a learner', { header: { proposer: 3 }, signer: signers[2]! }],
    ['SIGNATURE', 'of a stranger', { signer: stranger }],
    ['SIGNATURE', 'of another voter', { signer: signers[1]! }],
  ])('%s: a block %s is dropped', (reason, _, wish) => {
    expect(judge(entry(blockFor(wish).bytes))).toEqual({ kind: 'drop', reason });
  });

  test('bytes that are no block, and a no-op with content, are dropped', () => {
    const dropped = { kind: 'drop', reason: 'MALFORMED' };
    expect(judge(entry(Uint8Array.of(1, 2, 3)))).toEqual(dropped);
    expect(judge(entry(new Uint8Array(0)))).toEqual(dropped);
    expect(judge(entry(Uint8Array.of(1), 'noop'))).toEqual(dropped);
  });

  test('any byte changed in header or signature is dropped, never evidence', () => {
    const { bytes } = blockFor({});
    for (let at = 0; at < 206; at++) {
      const forged = Uint8Array.from(bytes);
      forged[at]! ^= 1;
      expect(judge(entry(forged)), `byte ${at}`).toMatchObject({ kind: 'drop' });
    }
  });
});

describe('what is not judged', () => {
  const forged = entry(Uint8Array.of(1));

  test.each<[string, Partial<AppendMessage>]>([
    ['an older term', { term: 1 as Term }],
    ['a previous entry that is not here', { prevIndex: 5 as Index }],
    ['a previous entry of another term', { prevTerm: 2 as Term }],
    ['no entries', { entries: [] }],
  ])('%s: Raft answers it', (_, change) => {
    const message = { ...append(forged), ...change };
    expect(newLog().judge(message, raft)).toEqual({ kind: 'pass', fresh: [] });
  });

  test('entries the log holds already', () => {
    const view = { ...raft, lastIndex: 2 as Index, termAt: (at: Index) => at as unknown as Term };
    expect(newLog().judge(append(forged), view)).toEqual({ kind: 'pass', fresh: [] });
  });

  test('an entry that would replace a committed one is dropped', () => {
    const log = newLog();
    const block = blockFor({});
    log.append(log.entryAfter(log.newest, entry(block.bytes), block));
    log.advance(2 as Index);
    const view = { ...raft, lastIndex: 2 as Index, termAt: () => 1 as Term };
    const verdict = log.judge(append(entry(block.bytes)), view);
    expect(verdict).toEqual({ kind: 'drop', reason: 'conflictBelowCommit' });
  });
});

describe('the configuration that judges', () => {
  const wishes = config.members.map((member) => ({ ...member, role: 'voter' as const }));

  test('is that of the entry before, and goes with a truncation', () => {
    const log = newLog();
    const change = blockFor(configWish(beginMembershipChange(config, wishes)));
    const joined = log.entryAfter(log.newest, entry(change.bytes, 'config'), change);
    const later = blockFor({
      after: joined.state,
      header: { proposer: 3 },
      signer: signers[2]!,
    });
    const message = { ...append(entry(later.bytes, 'data', 3)), prevIndex: 2 as Index };
    const view = { ...raft, lastIndex: 2 as Index, termAt: () => 1 as Term };
    log.append(joined);
    expect(log.judge(message, view).kind).toBe('pass');
    expect(log.membersNamed('orderer3').map(({ role }) => role)).toContain('voter');
    expect(log.truncateFrom(2 as Index)).toEqual([joined]);
    expect(log.newest.state.config.number).toBe(0);
    const onBase = blockFor({ header: { proposer: 3 }, signer: signers[2]! });
    expect(log.judge(append(entry(onBase.bytes)), raft)).toEqual({
      kind: 'drop',
      reason: 'PROPOSER',
    });
  });

  test('is told apart from another one by who is asked for', () => {
    const log = newLog();
    const change = blockFor(configWish(beginMembershipChange(config, wishes)));
    const joined = log.entryAfter(log.newest, entry(change.bytes, 'config'), change);
    const later = blockFor({ after: joined.state });
    const before = log.named;
    log.append(joined);
    const proposed = log.named;
    log.append(log.entryAfter(joined, entry(later.bytes, 'data', 3), later));
    log.truncateFrom(3 as Index);
    expect(log.named).toBe(proposed);
    log.truncateFrom(2 as Index);
    const cut = log.named;
    log.append(joined);
    const again = log.named;
    log.advance(2 as Index);
    expect(new Set([before, proposed, cut, again, log.named]).size).toBe(5);
  });

  test('entries are contiguous, applied in order, and never cut below the base', () => {
    const log = newLog();
    const block = blockFor({});
    expect(() =>
      log.append(log.entryAfter(log.newest, entry(block.bytes, 'data', 3), block)),
    ).toThrow(/contiguous/);
    log.append(log.entryAfter(log.newest, entry(block.bytes), block));
    expect(() => log.advance(3 as Index)).toThrow();
    const other = newLog();
    expect(() => other.truncateFrom(1 as Index)).toThrow(/never truncated/);
  });
});
