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
  administratorPermissions,
  clientPermissions,
  inboxPrefixOf,
  ordererPermissions,
  type SubjectPermissions,
} from './permissions.ts';
export {
  CairnError,
  cairnError,
  exitCodeOf,
  exitCodeOfError,
  exitCodes,
  type RefusalDetails,
  refusal,
} from './refusals.ts';
export type {
  InfoMember,
  InfoReply,
  Receipt,
  Refusal,
  RefusalError,
  TransactionReply,
  TransactionState,
} from './replies.ts';
export {
  contentTypes,
  defaultSubjectPrefix,
  headerNames,
  isSubjectName,
  isSubjectPrefix,
  type PeerAddress,
  type RaftAddress,
  reservedNames,
  type Subjects,
  subjectsOf,
} from './subjects.ts';
