/**
 * The reasons that are told from the start, at 0.
 *
 * A counter that first appears with its first event hides that event from `rate` and `increase`, which need a value
 * before it; an alert on something rare would miss the one time it happens. A reason that is not listed here is still
 * counted, from the moment it occurs.
 */
import type { BlockFault } from '@cairn/ledger';
import type { ProposeResult } from '@cairn/raft';
import type { DropReason, ErrorCode } from '@cairn/transport';
import type { ReasonCounts } from '../telemetry.ts';

type ProposalRefusal = Extract<ProposeResult, { ok: false }>['reason'];

export const proposalReasons = [
  ...['notLeader', 'transferring', 'uncommittedLimit', 'configPending', 'invalid'],
] as const satisfies readonly ProposalRefusal[];

const blockFaults = [
  ...['PROPOSER', 'SIGNATURE', 'NUMBER', 'CHANNEL_ID', 'PREVIOUS_HASH', 'CONFIG_NUMBER', 'TERM'],
  ...['TIME', 'BODY_BYTES', 'LIMITS', 'ROOT', 'DUPLICATE_ID', 'RESERVED_ID', 'CONFIG_SHAPE'],
  'CONFIG_CHANGE',
] as const satisfies readonly BlockFault[];

export const verifyReasons = [...blockFaults, 'MALFORMED', 'KIND', 'conflictBelowCommit'] as const;

/** What a submission can be refused with. */
export const refusalCodes = [
  ...['NOT_LEADER', 'OVERLOADED', 'STOPPING', 'CHANNEL_FAILED', 'DEADLINE_PASSED'],
  ...['OUTCOME_UNKNOWN', 'ID_CONFLICT', 'BAD_ID', 'RESERVED_ID', 'BAD_HEADER'],
  ...['EMPTY_TRANSACTION', 'TRANSACTION_TOO_LARGE', 'MALFORMED_TRANSACTION'],
  ...['MALFORMED_REQUEST', 'BATCH_TOO_LARGE'],
] as const satisfies readonly ErrorCode[];

const busReasons = [
  'disconnected',
  'tooLarge',
  'outboundFull',
] as const satisfies readonly DropReason[];

export const dropReasons = [
  ...busReasons,
  ...['incompleteFrame', 'unknownMember', 'unknownChannel', 'notMember', 'otherChannel'],
  ...['otherReceiver', 'ownName', 'otherIncarnation', 'badSubject', 'badField'],
] as const;

/** The counts with every listed reason in them, 0 where nothing was counted. */
export function withZeros(counts: ReasonCounts, reasons: readonly string[]): ReasonCounts {
  return new Map([...reasons.map((reason): [string, number] => [reason, 0]), ...counts]);
}
