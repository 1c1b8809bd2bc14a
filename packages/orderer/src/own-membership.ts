/**
 * What an orderer is in a channel that it opens: a member, or one that was a member before.
 *
 * Who was removed opens the channel all the same, and goes on as it would have, had it not been restarted: it shows the
 * blocks it has to who asks it by name, refuses submissions as a follower does, hears if it is added again, and answers
 * who asks for its vote, for they may not know yet that they need it no more. It stands in no election and signs nothing.
 * Invariant: whoever was never a member opens nothing.
 */
import type { BlockNumber, ChannelConfig, ChannelName, ConfigAt, Member } from '@cairn/ledger';
import { type MemberId, toMemberId } from '@cairn/raft';
import type { ChainLog } from './chain-log.ts';
import { StartError } from './errors.ts';

export interface OwnMembership {
  /** The member this orderer is, or the last one it was. */
  readonly memberId: MemberId;
  /** The config block from which on no member is this orderer; null for a member. */
  readonly removedBy: BlockNumber | null;
}

/** Name of an orderer and its public signing key in nkey spelling. */
export interface Identity {
  readonly ordererName: string;
  readonly publicKey: string;
}

/**
 * `committed` are the committed configurations, oldest first. While a change is under way a voter that leaves still
 * votes: it is a member until the end of the change is committed.
 */
export function ownMembershipOf(
  own: Identity,
  log: ChainLog,
  committed: readonly ConfigAt[],
): OwnMembership {
  const known = log.membersNamed(own.ordererName);
  if (known.length === 0) return formerMembership(own.ordererName, committed);
  const { channel } = log.base.state.config.config;
  return { memberId: memberIdAmong(known, own, channel), removedBy: null };
}

/**
 * To be asked before a channel that is new here is written: throws `BAD_CONFIGURATION` unless its first configuration names
 * this orderer, by its key.
 */
export function requireNamed(own: Identity, { channel, members }: ChannelConfig): void {
  const known = members.filter(({ name }) => name === own.ordererName);
  if (known.length === 0) throw notMemberOf([channel], own.ordererName);
  memberIdAmong(known, own, channel);
}

/** The key must be its own; a member whose key is being replaced may be known by either. */
function memberIdAmong(
  known: readonly Member[],
  { ordererName, publicKey }: Identity,
  channel: ChannelName,
): MemberId {
  const member = known.find(({ key }) => key === publicKey);
  if (member !== undefined) return toMemberId(member.id);
  throw new StartError(
    'BAD_CONFIGURATION',
    `Channel ${channel} knows ${ordererName} by the key ${known[0]!.key}, and the signing seed given is that of ${publicKey}: give the orderer its own seed.`,
  );
}

function formerMembership(ordererName: string, committed: readonly ConfigAt[]): OwnMembership {
  const memberIn = ({ config }: ConfigAt): Member | undefined =>
    config.members.find(({ name }) => name === ordererName);
  const last = committed.findLastIndex((config) => memberIn(config) !== undefined);
  if (last < 0) throw notMemberOf([committed.at(-1)!.config.channel], ordererName);
  const { id } = memberIn(committed[last]!)!;
  return { memberId: toMemberId(id), removedBy: committed[last + 1]!.number };
}

interface Holder {
  readonly name: string;
  readonly channels: readonly { readonly name: string; readonly isMember: boolean }[];
}

/**
 * To be asked once an orderer has joined all its channels. Throws `BAD_CONFIGURATION` if it is a member of none of them any
 * more: it would run for nothing. One that has others goes on with them.
 */
export function requireMembership({ name, channels }: Holder): void {
  if (channels.length === 0 || channels.some(({ isMember }) => isMember)) return;
  const names = channels.map((channel) => channel.name);
  throw notMemberOf(names, name);
}

function notMemberOf(channels: readonly string[], ordererName: string): StartError {
  const names = channels.join(', ');
  const [finding, object] =
    channels.length === 1
      ? [`Channel ${names} has no`, 'the channel']
      : [`None of the channels ${names} has a`, 'the channels'];
  return new StartError(
    'BAD_CONFIGURATION',
    `${finding} member named ${ordererName}: remove ${object} from this orderer's configuration or add the orderer to ${object}.`,
  );
}

/** For the log of an orderer that was removed by one block and whose newest committed one is the other. */
export function removalWarning(channel: string, removedBy: BlockNumber, newest: number): string {
  const what = `Block [${removedBy}] removed this orderer from channel ${channel}`;
  const meaning = `here it orders nothing and shows no block after [${newest}]`;
  const remedy =
    'remove the channel from its configuration, or add it to the channel again and then restart it';
  return `${what}: ${meaning}; ${remedy}`;
}
