/**
 * Holds what clients were told against what is in the chain. Pure, and linear in both.
 *
 *   C1 every acknowledged transaction is in the chain, at its receipt's place, with its own bytes
 *   C2 every id is in the chain at most once; refused ones not at all; nothing is there that nobody submitted
 *   C3 the chains of all orderers are byte-equal, and so is whatever any of them ever served
 *   C4 numbers, links, roots, signatures, terms: the independent verifier accepts the chain
 *   C5 the hash in every receipt is that of the block in the chain
 *   C6 what ended before another began comes before it in the chain
 *   C8 no term has two leaders
 */
import { createHash } from 'node:crypto';
import { ChainFault, IndependentVerifier } from '../support/independent-verifier.ts';
import { type Attempt, type History, type Place, payloadOf } from './history.ts';

export type Check = 'C1' | 'C2' | 'C3' | 'C4' | 'C5' | 'C6' | 'C8';

export interface Fault {
  readonly check: Check;
  readonly sentence: string;
}

/** By who has it: an orderer's name, or an orderer's directory. */
export type Chains = ReadonlyMap<string, readonly Buffer[]>;

/** A block that somebody was given while the cluster ran. */
export interface Served {
  readonly by: string;
  readonly number: number;
  readonly hash: string;
}

export interface Evidence {
  readonly history: History;
  readonly chains: Chains;
  readonly served: readonly Served[];
  /** Lines "became leader" of all logs. */
  readonly leaders: readonly { readonly orderer: string; readonly term: number }[];
  /** The channel was used before the history began. */
  readonly strangersAllowed?: boolean;
}

interface Found extends Place {
  readonly payload: string;
  /** Place in the whole channel. */
  readonly position: number;
}

export interface ChainContent {
  readonly transactions: ReadonlyMap<string, Found>;
  readonly hashes: readonly string[];
  readonly faults: readonly Fault[];
}

export function check(evidence: Evidence): Fault[] {
  const { history, chains, served, leaders } = evidence;
  const [chain] = chains.values();
  const content = readChain(chain ?? []);
  return [
    ...content.faults,
    ...checkEqual(chains),
    ...checkServed(served, content),
    ...checkOutcomes(history, content),
    ...(evidence.strangersAllowed === true ? [] : checkStrangers(history, content)),
    ...checkOrder(history, content),
    ...checkLeaders(leaders),
    ...history.contradictions.map(
      ({ id, sentence }): Fault => ({ check: 'C1', sentence: `${id}: ${sentence}` }),
    ),
  ];
}

/** C4, and the content for the other checks: without the config blocks' transactions. */
export function readChain(chain: readonly Buffer[]): ChainContent {
  const verifier = new IndependentVerifier();
  const transactions = new Map<string, Found>();
  const hashes: string[] = [];
  try {
    for (const [block, bytes] of chain.entries()) {
      const added = verifier.add(bytes);
      const blockHash = verifier.newestHash;
      hashes.push(blockHash);
      for (const { id, index, payload } of added) {
        if (id === `config-${block}`) continue;
        const position = transactions.size;
        transactions.set(id, {
          block,
          index,
          blockHash,
          payload: payload.toString('utf8'),
          position,
        });
      }
    }
  } catch (error) {
    if (!(error instanceof ChainFault)) throw error;
    // An id that is there twice is told by the verifier, too.
    const about = error.message.includes('twice') ? 'C2' : 'C4';
    return { transactions, hashes, faults: [{ check: about, sentence: error.message }] };
  }
  return { transactions, hashes, faults: [] };
}

function checkEqual(chains: Chains): Fault[] {
  const [first, ...rest] = chains;
  if (first === undefined) return [{ check: 'C3', sentence: 'there is no chain' }];
  const [firstName, firstChain] = first;
  return rest.flatMap(([name, chain]): Fault[] => {
    const number = firstChain.findIndex((bytes, i) => chain[i]?.equals(bytes) !== true);
    if (number >= 0) {
      return [{ check: 'C3', sentence: `block ${number} of ${name} is not that of ${firstName}` }];
    }
    if (chain.length === firstChain.length) return [];
    return [{ check: 'C3', sentence: `${name} has ${chain.length}, not ${firstChain.length}` }];
  });
}

function checkServed(served: readonly Served[], { hashes }: ChainContent): Fault[] {
  return served
    .filter(({ number, hash }) => hashes[number] !== hash)
    .map(({ by, number }) => ({
      check: 'C3',
      sentence: `${by} served a block ${number} that is not in the chain`,
    }));
}

function checkOutcomes(history: History, { transactions }: ChainContent): Fault[] {
  const faults: Fault[] = [];
  for (const { id, outcome } of history.attempts.values()) {
    const found = transactions.get(id);
    if (found !== undefined && found.payload !== payloadOf(id)) {
      faults.push({ check: 'C1', sentence: `${id} is in the chain with other bytes` });
    }
    if (outcome.kind === 'open') {
      faults.push({ check: 'C1', sentence: `${id} never ended` });
    } else if (outcome.kind === 'refused' && found !== undefined) {
      const where = `block ${found.block}`;
      faults.push({ check: 'C2', sentence: `${id}, refused ${outcome.code}, is in ${where}` });
    } else if (outcome.kind === 'acknowledged') {
      faults.push(...checkPlace(id, outcome.place, found));
    }
  }
  return faults;
}

function checkPlace(id: string, told: Place, found: Found | undefined): Fault[] {
  const place = `block ${told.block}, index ${told.index}`;
  if (found === undefined) {
    return [{ check: 'C1', sentence: `${id}, acknowledged at ${place}, is not in the chain` }];
  }
  if (found.block !== told.block || found.index !== told.index) {
    const where = `block ${found.block}, index ${found.index}`;
    return [{ check: 'C1', sentence: `${id}, acknowledged at ${place}, is at ${where}` }];
  }
  if (found.blockHash === told.blockHash) return [];
  return [
    { check: 'C5', sentence: `the receipt of ${id} names another hash of block ${told.block}` },
  ];
}

/** C2: nothing that nobody submitted. */
function checkStrangers(history: History, { transactions }: ChainContent): Fault[] {
  return [...transactions.keys()]
    .filter((id) => !history.attempts.has(id))
    .map((id) => ({ check: 'C2', sentence: `${id} is in the chain, and nobody submitted it` }));
}

/** C6, from the end to the beginning: nothing later in the chain may have ended before this one began. */
function checkOrder(history: History, { transactions }: ChainContent): Fault[] {
  const faults: Fault[] = [];
  let earliest: Attempt | null = null;
  for (const id of [...transactions.keys()].reverse()) {
    const attempt = history.attempts.get(id);
    if (attempt === undefined) continue;
    if (earliest !== null && earliest.endedMs < attempt.submittedMs) {
      const sentence = `${earliest.id} ended before ${id} began, and comes after it`;
      faults.push({ check: 'C6', sentence });
    }
    const isAcknowledged = attempt.outcome.kind === 'acknowledged';
    if (isAcknowledged && (earliest === null || attempt.endedMs < earliest.endedMs)) {
      earliest = attempt;
    }
  }
  return faults;
}

function checkLeaders(leaders: Evidence['leaders']): Fault[] {
  const byTerm = new Map<number, string>();
  const faults: Fault[] = [];
  for (const { orderer, term } of leaders) {
    const other = byTerm.get(term) ?? orderer;
    byTerm.set(term, other);
    if (other !== orderer) {
      faults.push({ check: 'C8', sentence: `${other} and ${orderer} both led in term ${term}` });
    }
  }
  return faults;
}

export function digestOf(chain: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const bytes of chain) hash.update(bytes);
  return hash.digest('hex').slice(0, 16);
}
