/**
 * The consensus core: the machine, its types, and the quorum and configuration rules it is made of.
 */
export {
  NO_INDEX,
  NO_MEMBER,
  NO_TERM,
  RaftInvariantError,
  toIndex,
  toMemberId,
  toTerm,
} from './assert.ts';
export {
  applyConfChange,
  type ConfChangeResult,
  EMPTY_CONF,
  enterJoint,
  isJoint,
  leaveJoint,
  membersOf,
  simpleChange,
  votersOf,
} from './confchange.ts';
export {
  type Ballot,
  jointIndex,
  jointVote,
  type Matched,
  majorityIndex,
  majorityOf,
  majorityVote,
  type VoteResult,
} from './quorum.ts';
export { RaftCore } from './raft.ts';
export { renderConf, renderEvent, renderLeaderChange, type TraceLine } from './trace.ts';
export * from './types.ts';
