/**
 * Rules between two configurations of a channel, and who may act under one.
 *
 * A change of `members` takes two config blocks: the first names the new members and, in
 * `outgoing`, the voters of the configuration before; the second only drops `outgoing`. In between,
 * voters of either set may propose. The Raft configuration is computed from the document alone.
 * Invariants: an id, once given, means the same name for ever; `nextMemberId` never decreases.
 */
import { equalBytes } from './bytes.ts';
import {
  type ChannelConfig,
  encodeConfig,
  encodeConfigUnchecked,
  type Member,
  type MemberRole,
} from './config.ts';
import { LedgerError } from './errors.ts';
import type { BlockNumber, OrdererName } from './names.ts';

/** A configuration in force, with what is needed to know the keys of its outgoing voters. */
export interface ConfigAt {
  /** Number of the config block that holds it. */
  readonly number: BlockNumber;
  readonly config: ChannelConfig;
  /** The configuration before it; needed while `outgoing` is not empty, null for block 0. */
  readonly previous: ChannelConfig | null;
}

/** Everything Raft needs to know; all lists sorted. Joint while `outgoing` is not empty. */
export interface RaftConf {
  readonly voters: number[];
  readonly outgoing: number[];
  /** Learners that are not outgoing voters. */
  readonly learners: number[];
  /** Outgoing voters that become learners when the change is finished. */
  readonly learnersNext: number[];
}

/** A member as an operator asks for it: with the id it has, or without one if it is new. */
export interface MemberWish {
  readonly id?: number;
  readonly name: OrdererName;
  readonly key: string;
  readonly role: MemberRole;
}

export function votersOf(config: ChannelConfig): Member[] {
  return config.members.filter((member) => member.role === 'voter');
}

/** Members whose signature a block under this configuration may carry, sorted by id. */
export function proposersOf({ config, previous }: Omit<ConfigAt, 'number'>): Member[] {
  const voters = votersOf(config);
  const incoming = new Set(voters.map((member) => member.id));
  const leaving = config.outgoing.filter((id) => !incoming.has(id));
  const found = leaving.flatMap((id) => memberOf(config, id) ?? memberOf(previous, id) ?? []);
  return [...voters, ...found].sort((left, right) => left.id - right.id);
}

/** The name of a member of this configuration or, during a change, of the one before; else null. */
export function memberNameOf(
  { config, previous }: Omit<ConfigAt, 'number'>,
  id: number,
): OrdererName | null {
  return (memberOf(config, id) ?? memberOf(previous, id))?.name ?? null;
}

function memberOf(config: ChannelConfig | null, id: number): Member | undefined {
  return config?.members.find((member) => member.id === id);
}

export function raftConfOf(config: ChannelConfig): RaftConf {
  const outgoing = [...config.outgoing];
  const learners = config.members
    .filter((member) => member.role === 'learner')
    .map((member) => member.id);
  return {
    voters: votersOf(config).map((member) => member.id),
    outgoing,
    learners: learners.filter((id) => !outgoing.includes(id)),
    learnersNext: learners.filter((id) => outgoing.includes(id)),
  };
}

/**
 * The first configuration of a membership change. New members get ids from `nextMemberId` in list
 * order. Throws `CONFIG_CHANGE` or what `parseConfig` finds wrong.
 */
export function beginMembershipChange(
  config: ChannelConfig,
  wishes: readonly MemberWish[],
): ChannelConfig {
  let nextMemberId = config.nextMemberId;
  const members = wishes
    .map(({ id, name, key, role }): Member => ({ id: id ?? nextMemberId++, name, key, role }))
    .sort((left, right) => left.id - right.id);
  const outgoing = votersOf(config).map((member) => member.id);
  return checked(config, { ...config, members, nextMemberId, outgoing });
}

/** The second step: the same without `outgoing`. Throws `CONFIG_CHANGE` if none is under way. */
export function finishMembershipChange(config: ChannelConfig): ChannelConfig {
  return checked(config, { ...config, outgoing: [] });
}

/** A change of `batch` or `raft` alone; one config block. */
export function updateConfig(
  config: ChannelConfig,
  change: Partial<Pick<ChannelConfig, 'batch' | 'raft'>>,
): ChannelConfig {
  return checked(config, { ...config, ...change });
}

function checked(previous: ChannelConfig, next: ChannelConfig): ChannelConfig {
  encodeConfig(next);
  const refusal = checkSuccession(previous, next);
  if (refusal !== null) throw refusal;
  return next;
}

/** Null if `next` may follow `previous` in the same channel; both are valid by themselves. */
export function checkSuccession(previous: ChannelConfig, next: ChannelConfig): LedgerError | null {
  if (next.channel !== previous.channel || next.createdMs !== previous.createdMs) {
    return refuse('channel and createdMs never change');
  }
  if (sameConfig(next, previous)) return refuse('the configuration is the one already in force');
  if (previous.outgoing.length > 0) {
    const finishes = sameConfig(next, { ...previous, outgoing: [] });
    return finishes ? null : refuse('during a membership change only `outgoing` is dropped');
  }
  return checkIds(previous, next) ?? checkStep(previous, next);
}

/** New ids come from [previous.nextMemberId, next.nextMemberId); known ids keep their name. */
function checkIds(previous: ChannelConfig, next: ChannelConfig): LedgerError | null {
  if (next.nextMemberId < previous.nextMemberId) return refuse('nextMemberId never decreases');
  for (const member of next.members) {
    const known = memberOf(previous, member.id);
    if (known === undefined && member.id < previous.nextMemberId) {
      return refuse(`member id ${member.id} was given before; ids are never reused`);
    }
    if (known !== undefined && known.name !== member.name) {
      return refuse(`member ${member.id} is named ${known.name}; a name change needs a new id`);
    }
  }
  return null;
}

/**
 * members   outgoing            verdict
 * same      empty               allowed: batch or raft changed
 * any       previous voters     allowed: the first step of a membership change
 * changed   empty               refused
 * any       anything else       refused
 */
function checkStep(previous: ChannelConfig, next: ChannelConfig): LedgerError | null {
  if (next.outgoing.length === 0) {
    const { members, nextMemberId } = next;
    const membersSame = sameConfig({ ...previous, members, nextMemberId }, previous);
    return membersSame
      ? null
      : refuse('a change of members names the previous voters in `outgoing`');
  }
  const voters = votersOf(previous).map((member) => member.id);
  const namesThem =
    voters.length === next.outgoing.length && voters.every((id, i) => id === next.outgoing[i]);
  return namesThem ? null : refuse('`outgoing` names exactly the previous voters');
}

function sameConfig(left: ChannelConfig, right: ChannelConfig): boolean {
  return equalBytes(encodeConfigUnchecked(left), encodeConfigUnchecked(right));
}

function refuse(rule: string): LedgerError {
  return new LedgerError('CONFIG_CHANGE', rule);
}
