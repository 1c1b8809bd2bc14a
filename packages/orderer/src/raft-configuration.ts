/**
 * From a channel's configuration document to Raft's configuration: the change is computed, never sent beside the block.
 */
import {
  type ChannelConfig,
  type Crypto,
  configOf,
  decodeBlock,
  orThrow,
  raftConfOf,
} from '@cairn/ledger';
import {
  type ConfChange,
  type ConfChangeOperation,
  type ConfState,
  type Entry,
  type MemberId,
  toMemberId,
} from '@cairn/raft';

export function confStateOf(config: ChannelConfig): ConfState {
  const conf = raftConfOf(config);
  return {
    voters: conf.voters.map(toMemberId),
    outgoing: conf.outgoing.map(toMemberId),
    learners: conf.learners.map(toMemberId),
    learnersNext: conf.learnersNext.map(toMemberId),
    autoLeave: false,
  };
}

/** The function given to the Raft core: what the config entry changes, given the configuration before it. */
export function confChangeReader(crypto: Crypto): (entry: Entry, current: ConfState) => ConfChange {
  return (entry, current) => {
    const config = orThrow(configOf(orThrow(decodeBlock(crypto, entry.data))));
    return confChangeBetween(current, confStateOf(config));
  };
}

/**
 *   current   target     change
 *   simple    simple     no member changes: the batch or Raft settings did
 *   simple    joint      enter: the difference of the two sets of members
 *   joint     simple     leave
 */
export function confChangeBetween(current: ConfState, target: ConfState): ConfChange {
  if (target.outgoing.length > 0) {
    const operations = differenceOf(current, target);
    const nothing = operations.length === 0;
    return { transition: 'explicit', operations: nothing ? noChange(current) : operations };
  }
  const leaves = current.outgoing.length > 0;
  return leaves
    ? { transition: 'auto', operations: [] }
    : { transition: 'auto', operations: noChange(current) };
}

/** An operation without effect: an empty list would mean "leave". */
function noChange(current: ConfState): ConfChangeOperation[] {
  return [{ kind: 'update', id: current.voters[0]! }];
}

function differenceOf(current: ConfState, target: ConfState): ConfChangeOperation[] {
  const learners = [...target.learners, ...target.learnersNext];
  const known = [...current.voters, ...current.learners];
  const wanted = [...target.voters, ...learners];
  const operations: ConfChangeOperation[] = [
    ...without(target.voters, current.voters).map((id) => ({ kind: 'addVoter', id }) as const),
    ...without(learners, current.learners).map((id) => ({ kind: 'addLearner', id }) as const),
    ...without(known, wanted).map((id) => ({ kind: 'remove', id }) as const),
  ];
  return operations.sort((left, right) => left.id - right.id);
}

function without(ids: readonly MemberId[], excluded: readonly MemberId[]): MemberId[] {
  return ids.filter((id) => !excluded.includes(id));
}
