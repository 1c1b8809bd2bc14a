import {
  advanceChain,
  type Block,
  beginMembershipChange,
  type ChainState,
  encodeKey,
  finishMembershipChange,
  parseBlockNumber,
  proposerVerifiers,
  resumeChain,
  startChain,
  verifyChain,
} from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import { expectReturned } from './expect-code.ts';
import {
  after,
  config,
  configAt,
  crypto,
  firstState,
  genesis,
  memberOf,
  nextBlock,
  nextConfigBlock,
  signerOf,
} from './sample.ts';

const [first, second, third] = config.members;
if (!first || !second || !third) throw new Error('the sample has three members');

const joint = beginMembershipChange(config, [first, second, memberOf(4)]);
const done = finishMembershipChange(joint);

/** Genesis, data, first step, data of an outgoing and of a new voter, second step, data. */
function history(): Block[] {
  const blocks: Block[] = [genesis];
  let state: ChainState = firstState();
  const add = (block: Block) => {
    blocks.push(block);
    state = after(state, block);
  };
  add(nextBlock(state));
  add(nextConfigBlock(state, joint, { proposer: 3 }));
  add(nextBlock(state, { proposer: 3 }));
  add(nextBlock(state, { proposer: 4 }));
  add(nextConfigBlock(state, done, { proposer: 4 }));
  add(nextBlock(state, { proposer: 4 }));
  return blocks;
}

const blocks = history();
const bytes = blocks.map((block) => block.bytes);

function stateAt(number: number): ChainState {
  const verdict = verifyChain(crypto, bytes.slice(0, number + 1));
  if (!verdict.ok) throw new Error(verdict.message);
  return verdict.state;
}

describe('walking along a chain', () => {
  test('follows the configuration through a membership change', () => {
    const verdict = verifyChain(crypto, bytes);
    expect(verdict.ok).toBe(true);
    const state = stateAt(6);
    expect(state.number).toBe(6);
    expect(state.hash).toEqual(blocks[6]!.hash);
    expect(state.config.number).toBe(5);
    expect(state.config.config).toEqual(done);
    expect([...state.verifiers.keys()]).toEqual([1, 2, 4]);
  });

  test('lets outgoing and new voters propose only during the change', () => {
    const reasons = [1, 3, 5].flatMap((number) =>
      [3, 4].map((proposer) => {
        const state = stateAt(number);
        const verdict = advanceChain(crypto, state, nextBlock(state, { proposer }));
        return verdict.ok ? 'ok' : verdict.reason;
      }),
    );
    expect(reasons).toEqual(['ok', 'PROPOSER', 'ok', 'ok', 'PROPOSER', 'ok']);
  });

  test('judges a config block by the configuration before it', () => {
    const state = stateAt(1);
    const byNewcomer = nextConfigBlock(state, joint, { proposer: 4 });
    expect(advanceChain(crypto, state, byNewcomer)).toMatchObject({
      ok: false,
      reason: 'PROPOSER',
    });
  });

  test('names the first bad block', () => {
    const damaged = bytes.map((block, i) => (i < 3 ? block : block.slice()));
    damaged[3]![160]! ^= 1;
    expect(verifyChain(crypto, damaged)).toMatchObject({
      ok: false,
      number: 3,
      reason: 'SIGNATURE',
    });
    const gap = [...bytes.slice(0, 3), ...bytes.slice(4)];
    expect(verifyChain(crypto, gap)).toMatchObject({ ok: false, number: 3, reason: 'NUMBER' });
    const torn = [...bytes.slice(0, 2), bytes[2]!.subarray(1)];
    expect(verifyChain(crypto, torn)).toMatchObject({ ok: false, number: 2, reason: 'MALFORMED' });
  });

  test('begins at block 0 or at a state, and nowhere else', () => {
    expect(verifyChain(crypto, [])).toMatchObject({ ok: false, number: 0, reason: 'GENESIS' });
    expect(verifyChain(crypto, bytes.slice(1))).toMatchObject({ ok: false, reason: 'GENESIS' });
    expect(verifyChain(crypto, bytes.slice(4), stateAt(3)).ok).toBe(true);
    expect(verifyChain(crypto, [], stateAt(3))).toMatchObject({ ok: true, state: { number: 3 } });
    expectReturned(startChain(crypto, blocks[1]!), 'CONFIG_FIELD');
  });

  test('resumes after a trusted block', () => {
    const at = { number: parseBlockNumber(2), config: joint, previous: config };
    const state = resumeChain(crypto, genesis.hash, blocks[3]!, at);
    expect(verifyChain(crypto, bytes.slice(4), state).ok).toBe(true);
  });
});

describe('verifiers of those who may propose', () => {
  test('are kept while the key is the same', () => {
    const before = proposerVerifiers(crypto, configAt);
    const key = encodeKey(signerOf(2, 1).publicKey);
    const rotated = beginMembershipChange(config, [first, { ...second, key }, third]);
    const at = { number: parseBlockNumber(1), config: rotated, previous: config };
    const now = proposerVerifiers(crypto, at, before);
    expect(now.get(1)).toBe(before.get(1));
    expect(now.get(2)).not.toBe(before.get(2));
    expect(now.get(2)!.publicKey).toEqual(signerOf(2, 1).publicKey);
  });
});
