import {
  asHash,
  type Block,
  type BlockFault,
  blockHash,
  type ChainState,
  concatBytes,
  decodeBlock,
  encodeBodyTransaction,
  encodeConfig,
  expectationsOf,
  orThrow,
  parseBlockNumber,
  parseTxId,
  signingBytes,
  updateConfig,
  type Verdict,
  verifyBlock,
  verifyBlockRules,
  verifyProposer,
  ZERO_HASH,
} from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import {
  after,
  config,
  crypto,
  firstState,
  type NextOptions,
  nextBlock,
  nextConfigBlock,
  part,
  signerOf,
} from './sample.ts';

const state = after(firstState(), nextBlock(firstState(), { header: { term: 3 } }));
const faster = updateConfig(config, { batch: { ...config.batch, timeoutMs: 20 } });

function judge(block: Block, from: ChainState = state, entryTerm?: number): Verdict {
  const expectations = expectationsOf(crypto, from);
  return verifyBlock(
    block,
    entryTerm === undefined ? expectations : { ...expectations, entryTerm },
  );
}

function reasonOf(verdict: Verdict): BlockFault | 'ok' {
  return verdict.ok ? 'ok' : verdict.reason;
}

/** The block with bytes of its header changed, signed again: what a faulty proposer could send. */
function resigned(block: Block, offset: number, bytes: readonly number[]): Block {
  const changed = block.bytes.slice();
  changed.set(bytes, offset);
  const hash = blockHash(crypto, changed.subarray(0, 142));
  changed.set(signerOf(1).sign(signingBytes(hash)), 142);
  return orThrow(decodeBlock(crypto, changed));
}

describe('a block that follows its predecessor', () => {
  test('is accepted from any voter, in the same or a later term, at the same time or later', () => {
    const variants: NextOptions[] = [
      {},
      { proposer: 2 },
      { proposer: 3, header: { term: 9 } },
      { header: { timestampMs: state.timestampMs } },
    ];
    for (const options of variants) expect(judge(nextBlock(state, options))).toEqual({ ok: true });
    expect(judge(nextBlock(state), state, 3)).toEqual({ ok: true });
    expect(judge(nextConfigBlock(state, faster))).toEqual({ ok: true });
  });
});

describe('a block nobody entitled has signed', () => {
  test('is told apart before anything else is looked at', () => {
    const header = { number: parseBlockNumber(77) };
    const byStranger = nextBlock(state, { proposer: 4, header });
    expect(reasonOf(judge(byStranger))).toBe('PROPOSER');
    expect(reasonOf(judge(nextBlock(state, { proposer: 0, signer: signerOf(1) })))).toBe(
      'PROPOSER',
    );
    const byImpostor = nextBlock(state, { proposer: 2, signer: signerOf(1), header });
    expect(reasonOf(judge(byImpostor))).toBe('SIGNATURE');
    const { verifierOf } = expectationsOf(crypto, state);
    expect(reasonOf(verifyProposer(byImpostor, verifierOf))).toBe('SIGNATURE');
    expect(verifyProposer(nextBlock(state), verifierOf)).toEqual({ ok: true });
  });
});

describe('a block that a voter signed although it breaks a rule', () => {
  const headers: [BlockFault, NonNullable<NextOptions['header']>][] = [
    ['NUMBER', { number: state.number }],
    ['NUMBER', { number: parseBlockNumber(state.number + 2) }],
    ['CHANNEL_ID', { channelId: ZERO_HASH }],
    ['PREVIOUS_HASH', { previousHash: state.channelId }],
    ['CONFIG_NUMBER', { configNumber: parseBlockNumber(1) }],
    ['TERM', { term: 2 }],
    ['TIME', { timestampMs: state.timestampMs - 1 }],
  ];

  test.each(headers)('is refused: %s', (reason, header) => {
    expect(reasonOf(judge(nextBlock(state, { header })))).toBe(reason);
  });

  test('is refused when its term is not that of its Raft entry', () => {
    expect(reasonOf(judge(nextBlock(state), state, 4))).toBe('TERM');
  });

  test('is refused when the root is not that of the transactions', () => {
    const block = resigned(nextBlock(state), 74, [1, 2, 3]);
    expect(reasonOf(judge(block))).toBe('ROOT');
    expect(reasonOf(verifyBlockRules(block, expectationsOf(crypto, state)))).toBe('ROOT');
  });

  test('is refused when bodyBytes does not count the body', () => {
    const block = nextBlock(state);
    const header = { ...block.header, bodyBytes: block.header.bodyBytes + 1 };
    const verdict = verifyBlockRules({ ...block, header }, expectationsOf(crypto, state));
    expect(reasonOf(verdict)).toBe('BODY_BYTES');
  });

  test('is refused when an id stands in it twice, whatever the payloads', () => {
    const parts = [part('a', 'one'), part('b'), part('a', 'two')];
    expect(reasonOf(judge(nextBlock(state, { parts })))).toBe('DUPLICATE_ID');
  });

  test('is refused when a data block uses an id of config blocks', () => {
    const block = nextBlock(state, { parts: [part('a'), part('config-9')] });
    expect(reasonOf(judge(block))).toBe('RESERVED_ID');
  });
});

describe('the limits of the configuration in force', () => {
  const batch = { maxTransactions: 2, preferredBytes: 100, maxTransactionBytes: 60, timeoutMs: 1 };
  const narrow: ChainState = {
    ...state,
    config: { ...state.config, config: { ...config, batch } },
  };
  const sized = (id: string, bytes: number) => part(id, 'x'.repeat(bytes - 3 - id.length));

  test('are kept by a data block', () => {
    const parts = [sized('a', 45), sized('b', 45)];
    expect(judge(nextBlock(narrow, { parts }), narrow)).toEqual({ ok: true });
    expect(judge(nextBlock(narrow, { parts: [sized('a', 60)] }), narrow)).toEqual({ ok: true });
    for (const broken of [
      [sized('a', 9), sized('b', 9), sized('c', 9)],
      [sized('a', 46), sized('b', 45)],
      [sized('a', 61)],
    ]) {
      expect(reasonOf(judge(nextBlock(narrow, { parts: broken }), narrow))).toBe('LIMITS');
    }
  });

  test('do not bind a config block, or a channel could not be repaired', () => {
    const next = { ...config, batch: { ...batch, timeoutMs: 2 } };
    expect(judge(nextConfigBlock(narrow, next), narrow)).toEqual({ ok: true });
  });
});

describe('a config block', () => {
  test('must carry its own number as configNumber', () => {
    const block = nextConfigBlock(state, faster, { header: { configNumber: state.config.number } });
    expect(reasonOf(judge(block))).toBe('CONFIG_NUMBER');
  });

  test('must hold one configuration under the id of its number, without an author', () => {
    const number = state.number + 1;
    const payload = encodeConfig(faster);
    const signed = { author: signerOf(1).publicKey, signature: new Uint8Array(64) };
    const shapes = [
      encodeBodyTransaction({ id: parseTxId(`config-${number + 1}`), payload }),
      encodeBodyTransaction({ id: parseTxId(`config-${number}`), payload, ...signed }),
      encodeBodyTransaction({
        id: parseTxId(`config-${number}`),
        payload: concatBytes(payload, Uint8Array.of(0x20)),
      }),
    ];
    for (const shape of shapes) {
      expect(reasonOf(judge(nextConfigBlock(state, faster, { parts: [shape] })))).toBe(
        'CONFIG_SHAPE',
      );
    }
  });

  test('must be allowed to follow the configuration in force', () => {
    const removed = { ...config, members: config.members.slice(1) };
    expect(reasonOf(judge(nextConfigBlock(state, removed)))).toBe('CONFIG_CHANGE');
    expect(reasonOf(judge(nextConfigBlock(state, config)))).toBe('CONFIG_CHANGE');
  });
});

test('every refusal says in a sentence what is wrong', () => {
  const verdict = judge(nextBlock(state, { header: { channelId: asHash(new Uint8Array(32)) } }));
  expect(verdict).toEqual({
    ok: false,
    reason: 'CHANNEL_ID',
    message: 'the block belongs to another channel',
  });
});
