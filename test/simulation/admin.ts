/**
 * What operators do while everything fails: change members and settings, hand leadership over.
 *
 * Production has no door for these yet, so they are asked of the leading channel itself, as its tests do. New members cannot
 * join a running channel: an orderer starts only where a configuration it holds names it.
 */
import {
  beginMembershipChange,
  type ChannelConfig,
  LedgerError,
  type MemberWish,
  updateConfig,
} from '@cairn/ledger';
import type { Channel } from './node.ts';

const VOTERS_MIN = 3;

export function transfer(channel: Channel, name: string): boolean {
  const member = channel.memberNamed(name);
  if (member === null) return false;
  channel.transferTo(member);
  return true;
}

/** Null if the change makes no sense now. */
export function changedMembers(
  config: ChannelConfig,
  name: string,
  change: 'demote' | 'promote' | 'remove',
): ChannelConfig | null {
  const own = config.members.find((member) => member.name === name);
  if (own === undefined || config.outgoing.length > 0) return null;
  const voters = config.members.filter(({ role }) => role === 'voter').length;
  if (own.role === 'voter' && change !== 'promote' && voters <= VOTERS_MIN) return null;
  if (change === 'promote' && own.role === 'voter') return null;
  if (change === 'demote' && own.role === 'learner') return null;
  const others = config.members.filter((member) => member !== own);
  if (change === 'remove') return beginMembershipChange(config, others);
  const wish: MemberWish = { ...own, role: change === 'promote' ? 'voter' : 'learner' };
  return beginMembershipChange(config, [...others, wish]);
}

export function changedBatch(
  config: ChannelConfig,
  maxTransactions: number,
  timeoutMs: number,
): ChannelConfig | null {
  const { batch } = config;
  if (config.outgoing.length > 0) return null;
  if (batch.maxTransactions === maxTransactions && batch.timeoutMs === timeoutMs) return null;
  return updateConfig(config, { batch: { ...batch, maxTransactions, timeoutMs } });
}

/** False if the leader cannot take it now: it has another change under way, or leads no longer. */
export function propose(channel: Channel, config: ChannelConfig): boolean {
  try {
    return channel.proposeConfig(config);
  } catch (error) {
    const isFenced = String(error).includes('one configuration at a time');
    if (isFenced || error instanceof LedgerError) return false;
    throw error;
  }
}
