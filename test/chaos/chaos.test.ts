/**
 * The chaos run in short, and the checker's own test: what it cannot catch, it does not check.
 */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { check, type Evidence, readChain } from './checker.ts';
import { History, type Outcome, payloadOf } from './history.ts';
import { runKills } from './kills.ts';
import { sampleChain } from './sample-chain.ts';

describe('Fifteen seconds of dying leaders', () => {
  test('break no promise', { timeout: 120_000 }, async () => {
    const options = {
      transactions: 6_000,
      seconds: 15,
      everySeconds: 5,
      orderers: 5,
      plan: 'leader' as const,
    };
    const result = await runKills(options, () => {});
    expect(result.faults).toEqual([]);
    expect(result.logErrors).toEqual([]);
    expect(result.disturbances.length).toBeGreaterThanOrEqual(2);
    expect(result.submitted).toBe(options.transactions + 1);
    expect(result.acknowledged).toBeGreaterThan(options.transactions / 2);
    expect(new Set(result.digests.values()).size).toBe(1);
    expect(result.digests.size).toBe(2 * options.orderers);
  });
});

const keys = generateKeyPairSync('ed25519');

/** Three acknowledged, one unknown that is there, one unknown and one refused that are not. */
function soundEvidence(): Evidence & { readonly chains: Map<string, Buffer[]> } {
  const chain = sampleChain(
    keys,
    [
      ['a', 'b'],
      ['c', 'u'],
    ].map((ids) => ids.map(transactionOf)),
  );
  const { transactions } = readChain(chain);
  const history = new History();
  const record = (id: string, outcome: Outcome) => history.end(history.begin(id), outcome);
  for (const id of ['a', 'b', 'c']) {
    record(id, { kind: 'acknowledged', place: transactions.get(id)! });
  }
  record('u', { kind: 'unknown' });
  record('never', { kind: 'unknown' });
  record('r', { kind: 'refused', code: 'NOT_LEADER' });
  const chains = new Map([
    ['orderer1', chain],
    ['orderer2', [...chain]],
  ]);
  return { history, chains, served: [], leaders: [{ orderer: 'orderer1', term: 2 }] };
}

const transactionOf = (id: string) => ({ id, payload: payloadOf(id) });

const checksOf = (evidence: Evidence) => check(evidence).map((fault) => fault.check);

describe('The checker', () => {
  test('finds nothing where nothing is wrong', () => {
    expect(check(soundEvidence())).toEqual([]);
  });

  test('finds an acknowledged transaction that is lost', () => {
    const evidence = soundEvidence();
    for (const [name, chain] of evidence.chains) evidence.chains.set(name, chain.slice(0, -1));
    expect(checksOf(evidence)).toEqual(['C1']);
  });

  test('finds one that is not where its receipt says', () => {
    const evidence = soundEvidence();
    const attempt = evidence.history.attempts.get('a')!;
    attempt.outcome = { kind: 'acknowledged', place: { block: 1, index: 1, blockHash: '' } };
    expect(checksOf(evidence)).toEqual(['C1']);
  });

  test('finds a receipt with another hash', () => {
    const evidence = soundEvidence();
    const attempt = evidence.history.attempts.get('a')!;
    attempt.outcome = { kind: 'acknowledged', place: { block: 1, index: 0, blockHash: '00' } };
    expect(checksOf(evidence)).toEqual(['C5']);
  });

  test('finds a refused one that is in the chain', () => {
    const evidence = soundEvidence();
    evidence.history.attempts.get('u')!.outcome = { kind: 'refused', code: 'NOT_LEADER' };
    expect(checksOf(evidence)).toEqual(['C2']);
  });

  test('finds one that nobody submitted', () => {
    const evidence = soundEvidence();
    evidence.history.attempts.delete('u');
    expect(checksOf(evidence)).toEqual(['C2']);
  });

  test('finds one that is there twice', () => {
    const chain = sampleChain(
      keys,
      [['a'], ['a']].map((ids) => ids.map(transactionOf)),
    );
    const history = new History();
    history.end(history.begin('a'), { kind: 'unknown' });
    const evidence = { history, chains: new Map([['orderer1', chain]]), served: [], leaders: [] };
    expect(checksOf(evidence)).toEqual(['C2']);
  });

  test('finds an answer that never came', () => {
    const evidence = soundEvidence();
    evidence.history.attempts.get('never')!.outcome = { kind: 'open' };
    expect(checksOf(evidence)).toEqual(['C1']);
  });

  test('finds orderers that differ, in a byte or in length', () => {
    const evidence = soundEvidence();
    const other = [...evidence.chains.get('orderer2')!];
    other[2] = Buffer.from(other[2]!);
    other[2]![200]! ^= 1;
    evidence.chains.set('orderer2', other);
    evidence.chains.set('orderer3', other.slice(0, 2));
    expect(checksOf(evidence)).toEqual(['C3', 'C3']);
  });

  test('finds a block that was served and is not in the chain', () => {
    const served = [{ by: 'orderer2', number: 1, hash: 'ff' }];
    expect(checksOf({ ...soundEvidence(), served })).toEqual(['C3']);
  });

  test.each([
    ['header', 120],
    ['signature', 150],
    ['body', 230],
  ])('finds a flipped bit in the %s', (_, offset) => {
    const evidence = soundEvidence();
    const [, second] = evidence.chains.get('orderer1')!;
    second![offset]! ^= 1;
    expect(checksOf(evidence)[0]).toBe('C4');
  });

  test('finds an order that time contradicts', () => {
    const evidence = soundEvidence();
    const [earlier, later] = ['c', 'a'].map((id) => evidence.history.attempts.get(id)!);
    Object.assign(earlier!, { submittedMs: 1, endedMs: 2 });
    Object.assign(later!, { submittedMs: 3, endedMs: 4 });
    expect(checksOf(evidence)).toContain('C6');
  });

  test('finds two leaders of one term', () => {
    const leaders = [
      { orderer: 'orderer1', term: 2 },
      { orderer: 'orderer2', term: 2 },
    ];
    expect(checksOf({ ...soundEvidence(), leaders })).toEqual(['C8']);
  });
});
