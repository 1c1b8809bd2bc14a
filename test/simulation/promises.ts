/**
 * The promises to clients, held at the end of a run against the chain of every orderer.
 *
 *   1, 3  what was acknowledged stands exactly where it was said; one chain everywhere, whole, without gaps
 *   2     an id stands once
 *   4     what was refused for good stands nowhere; what was a conflict stands there with other bytes
 *   6     whatever an orderer has shown, it can show again, and it has not changed (`readers.ts`)
 */
import {
  type Block,
  decodeBlock,
  equalBytes,
  idAt,
  orThrow,
  toHex,
  transactionAt,
  verifyChain,
} from '@cairn/ledger';
import type { Cluster } from './cluster.ts';
import type { Channel, SimulatedNode } from './node.ts';
import type { Verdict } from './oracle/observer.ts';
import type { Wish } from './wishes.ts';

interface Standing {
  readonly block: number;
  readonly index: number;
  readonly payload: Uint8Array;
}

export interface FinalChain {
  readonly blocks: readonly Block[];
  readonly standings: ReadonlyMap<string, Standing>;
}

/** The one chain of all orderers that show the channel; null if something is wrong with it. */
export function finalChain(
  cluster: Cluster,
  nodes: readonly SimulatedNode[],
  channelName: string,
  verdict: Verdict,
): FinalChain | null {
  const channels = nodes.flatMap((node) => node.channel(channelName) ?? []);
  const longest = channels.reduce<Channel | null>(
    (best, each) => (each.reader.visibleHeight > (best?.reader.visibleHeight ?? 0) ? each : best),
    null,
  );
  if (longest === null) return null;
  const bytes = Array.from({ length: longest.reader.visibleHeight }, (_, at) =>
    longest.reader.blockBytes(at),
  );
  for (const node of nodes) compare(node, channelName, bytes, verdict);
  const valid = verifyChain(cluster.crypto, bytes);
  if (!valid.ok)
    verdict.fail('promise 3', `the chain of ${channelName} is not valid: ${JSON.stringify(valid)}`);
  const blocks = bytes.map((each) => orThrow(decodeBlock(cluster.crypto, each)));
  return { blocks, standings: standingsIn(blocks, verdict) };
}

function compare(
  node: SimulatedNode,
  channelName: string,
  bytes: readonly Uint8Array[],
  verdict: Verdict,
): void {
  const channel = node.channel(channelName);
  for (let number = 0; number < (channel?.reader.visibleHeight ?? 0); number++) {
    if (Buffer.compare(channel!.reader.blockBytes(number), bytes[number]!) === 0) continue;
    verdict.fail('promise 3', `${node.name} has another block ${number} in ${channelName}`);
    return;
  }
}

function standingsIn(blocks: readonly Block[], verdict: Verdict): Map<string, Standing> {
  const standings = new Map<string, Standing>();
  for (const { header, body } of blocks) {
    for (let index = 0; index < body.count; index++) {
      const id = idAt(body, index);
      const before = standings.get(id);
      if (before !== undefined) {
        const places = `${before.block}/${before.index} and ${header.number}/${index}`;
        verdict.fail('promise 2', `${id} stands twice: at ${places}`);
      }
      const { payload } = transactionAt(body, index);
      standings.set(id, { block: header.number, index, payload });
    }
  }
  return standings;
}

export function checkWishes(wishes: readonly Wish[], chain: FinalChain, verdict: Verdict): void {
  const users = new Map<string, number>();
  for (const { id } of wishes) users.set(id, (users.get(id) ?? 0) + 1);
  for (const wish of wishes) checkWish(wish, chain, users.get(wish.id) === 1, verdict);
}

function checkWish(wish: Wish, chain: FinalChain, isAlone: boolean, verdict: Verdict): void {
  const standing = chain.standings.get(wish.id);
  const isOwn = standing !== undefined && equalBytes(standing.payload, wish.payload);
  if (wish.isIllegal && isOwn) {
    verdict.fail('promise 4', `${wish.id} breaks a rule of form and stands in the chain`);
  }
  switch (wish.outcome) {
    case 'committed':
      checkReceipt(wish, chain, isOwn ? standing : undefined, verdict);
      break;
    case 'conflict':
      if (standing !== undefined && !isOwn) break;
      verdict.fail('promise 2', `${wish.id} was a conflict with other bytes that stand nowhere`);
      break;
    case 'refused':
      if (!isAlone || standing === undefined) break;
      verdict.fail('promise 4', `${wish.id} was refused for good and stands at ${standing.block}`);
      break;
    case 'unknown':
    case 'open':
      break;
  }
}

function checkReceipt(
  { id, place }: Wish,
  { blocks }: FinalChain,
  standing: Standing | undefined,
  verdict: Verdict,
): void {
  const { block, index, blockHash } = place!;
  const told = `${id} was acknowledged at ${block}/${index}`;
  if (standing === undefined) {
    verdict.fail('promise 1', `${told} and is not in the chain of ${blocks.length} blocks`);
  } else if (standing.block !== block || standing.index !== index) {
    verdict.fail('promise 1', `${told} and stands at ${standing.block}/${standing.index}`);
  } else if (toHex(blocks[block]!.hash) !== blockHash) {
    verdict.fail('promise 1', `${told} in block ${blockHash}, which has another hash`);
  }
}
