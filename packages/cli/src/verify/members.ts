/**
 * The audit of a channel over all its reachable members: the chain is verified from block 0 on, and every member's bytes
 * are compared, block by block.
 *
 * Copies that are the same byte for byte are verified once. One that differs is verified by itself: so it is told whether it
 * is damaged or a fork, which is a block that is just as validly signed.
 */
import type { ChannelClient } from '@cairn/client';
import { type ChainState, verifyNext } from '@cairn/ledger';
import { CairnError, nodeCrypto } from '@cairn/transport';

export interface MemberHeight {
  readonly name: string;
  readonly height: number;
}

export interface Finding {
  readonly member: string;
  readonly number: number;
  readonly message: string;
}

export interface MembersAudit {
  readonly members: readonly MemberHeight[];
  /** Blocks that are sound and the same on all who have them. */
  readonly verified: number;
  readonly channelId: string | null;
  /** The first bad block, or null. */
  readonly finding: Finding | null;
}

/** Blocks on their way at once, from each member. */
const WINDOW_BLOCKS = 32;

type Fetched = { readonly bytes: Uint8Array } | { readonly problem: string };

async function fetchFrom(channel: ChannelClient, member: string, number: number): Promise<Fetched> {
  try {
    return { bytes: (await channel.blockOf(member, number)).bytes };
  } catch (error) {
    if (error instanceof CairnError && error.code === 'VERIFICATION_FAILED') {
      return { problem: error.message };
    }
    throw error;
  }
}

interface Copy {
  readonly member: string;
  readonly fetched: Fetched;
}

interface Row {
  readonly number: number;
  readonly copies: readonly Copy[];
}

async function fetchRow(
  channel: ChannelClient,
  members: readonly MemberHeight[],
  number: number,
): Promise<Row> {
  const holders = members.filter(({ height }) => number < height);
  const copies = holders.map(async ({ name }): Promise<Copy> => {
    return { member: name, fetched: await fetchFrom(channel, name, number) };
  });
  return { number, copies: await Promise.all(copies) };
}

/** Rows in order, a window of them on their way. */
async function* rowsOf(
  channel: ChannelClient,
  members: readonly MemberHeight[],
  height: number,
): AsyncGenerator<Row, void, undefined> {
  const window: Promise<Row>[] = [];
  let next = 0;
  while (next < height || window.length > 0) {
    while (next < height && window.length < WINDOW_BLOCKS) {
      const row = fetchRow(channel, members, next++);
      // Whoever takes it hears of its failure; until then it must not count as unhandled.
      row.catch(() => {});
      window.push(row);
    }
    const first = window.shift();
    if (first !== undefined) yield await first;
  }
}

type Judged = { readonly state: ChainState } | { readonly finding: Finding };

/** Holds every copy of one block against the chain before it, and against the first copy. */
export function judgeRow(state: ChainState | null, { number, copies }: Row): Judged {
  let sound: { member: string; bytes: Uint8Array; state: ChainState } | null = null;
  for (const { member, fetched } of copies) {
    if ('problem' in fetched) return { finding: { member, number, message: fetched.problem } };
    const { bytes } = fetched;
    if (sound !== null && Buffer.compare(bytes, sound.bytes) === 0) continue;
    const verdict = verifyNext(nodeCrypto, state, bytes);
    if (!verdict.ok) {
      return { finding: { member, number, message: `${verdict.message} (${verdict.reason})` } };
    }
    if (sound !== null) {
      const message = `it is a fork: it differs from that of ${sound.member}, and both are validly signed`;
      return { finding: { member, number, message } };
    }
    sound = { member, bytes, state: verdict.state };
  }
  if (sound !== null) return { state: sound.state };
  return { finding: { member: 'every member', number, message: 'nobody has it' } };
}

/** `channel` must not verify by itself: bad bytes are what is looked for. */
export async function auditMembers(
  channel: ChannelClient,
  members: readonly MemberHeight[],
  progress: (verified: number, height: number) => void,
): Promise<MembersAudit> {
  const height = Math.max(0, ...members.map((member) => member.height));
  let state: ChainState | null = null;
  for await (const row of rowsOf(channel, members, height)) {
    const judged = judgeRow(state, row);
    const { channelId } = channel;
    if ('finding' in judged) {
      return { members, verified: row.number, channelId, finding: judged.finding };
    }
    state = judged.state;
    progress(row.number + 1, height);
  }
  return { members, verified: height, channelId: channel.channelId, finding: null };
}
