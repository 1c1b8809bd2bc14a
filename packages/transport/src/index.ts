/** Subjects, frames, errors and buses: everything that travels, and how. */
export type {
  Bus,
  BusMessage,
  Cancellable,
  HeaderRecord,
  PublishOptions,
  RequestOptions,
  RequestOutcome,
  ServiceDefinition,
  ServiceEndpoint,
  ServiceRequest,
  SubscribeOptions,
  Subscription,
} from './bus.ts';
export type { FrameFault } from './bytes.ts';
export type { DropReason } from './drops.ts';
export {
  type ErrorCode,
  type ErrorRow,
  type ErrorStatus,
  errorCodes,
  errorRow,
  errorTable,
  isErrorCode,
} from './error-table.ts';
export {
  createReassembler,
  type Reassembler,
  type Reassembly,
  type ReassemblyLimits,
  splitFrame,
} from './fragments.ts';
export {
  decodeGroupFrame,
  encodeGroupFrame,
  groupMembersMax,
  isGroupFrame,
} from './group-frames.ts';
export {
  type Beat,
  decodeHeartbeatFrame,
  encodeHeartbeatFrames,
  type HeartbeatFrameDecoding,
  HeartbeatFrameWriter,
} from './heartbeat-frames.ts';
export {
  createMemoryBroker,
  MemoryBroker,
  type MemoryBrokerOptions,
  type MemoryDelivery,
} from './memory-bus.ts';
export type { MemoryBus, MemoryConnectOptions } from './memory-connection.ts';
export { connectNatsBus, type NatsBusOptions } from './nats-bus.ts';
export type { NatsConnectOptions, NatsCredentials, NatsTls } from './nats-connect.ts';
export { createNkey, type Nkey, publicKeyOfSeed } from './nkeys.ts';
export { nodeCrypto } from './node-crypto.ts';
export {
  administratorPermissions,
  clientPermissions,
  inboxPrefixOf,
  ordererPermissions,
  type SubjectPermissions,
} from './permissions.ts';
export { bytesIn, type Payload, type Pieces, whole } from './pieces.ts';
export {
  decodeRaftFrame,
  type MessageAddress,
  type RaftFrame,
  type RaftFrameDecoding,
} from './raft-frame-reader.ts';
export {
  type AppendMessage,
  channelIdBytes,
  encodeRaftFrame,
  isSameAppend,
  type RaftFrameOrigin,
} from './raft-frames.ts';
export {
  CairnError,
  cairnError,
  exitCodeOf,
  exitCodeOfError,
  exitCodes,
  type RefusalDetails,
  refusal,
} from './refusals.ts';
export {
  type InfoMember,
  type InfoReply,
  type RaftState,
  type Receipt,
  type Refusal,
  type RefusalError,
  raftStates,
  type TransactionReply,
  type TransactionState,
} from './replies.ts';
export { serviceName, serviceQueue } from './services.ts';
export {
  contentTypes,
  defaultSubjectPrefix,
  headerNames,
  isSubjectPrefix,
  MEMBERS,
  type PeerAddress,
  type RaftAddress,
  type Subjects,
  subjectsOf,
} from './subjects.ts';
export { type Clock, type Random, realClock, realRandom } from './surroundings.ts';
