/** The library applications use: submit, fetch, follow, verify. */

export type { Signer, Transaction } from '@cairn/ledger';
export type { Clock, Random } from '@cairn/transport';
export {
  CairnError,
  type ErrorCode,
  type InfoReply,
  type Receipt,
  type Refusal,
  realClock,
  realRandom,
  type TransactionReply,
} from '@cairn/transport';
export {
  type BlocksOptions,
  ChannelClient,
  type FollowOptions,
  type SubmitManyOptions,
  type SubmitOptions,
} from './channel.ts';
export {
  type ChannelChoice,
  Client,
  type ClientPorts,
  type ConnectOptions,
  type Credentials,
  connect,
  createClient,
  SERVER_DEFAULT,
} from './client.ts';
export { isReceipt, type Outcome } from './pending.ts';
export type { BlockName, ReadOptions } from './reader.ts';
export type { Submissions, Submitted } from './submit-many.ts';
export type { Submission } from './transactions.ts';
export type { VerifiedBlock } from './verified-block.ts';
