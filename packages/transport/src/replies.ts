/**
 * The JSON that clients see, the same on NATS and HTTP: receipts, refusals, information.
 *
 * Block JSON lives in `ledger`, which makes it from bytes. Refusals are made from the one error table (`error-table.ts`).
 */
import type { ErrorCode } from './error-table.ts';

export interface Receipt {
  readonly status: 200;
  readonly channel: string;
  readonly channelId: string;
  readonly id: string;
  readonly block: number;
  readonly index: number;
  readonly blockHash: string;
  readonly duplicate: boolean;
}

export interface RefusalError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly leader?: string | null;
  readonly height?: number;
  /** On 504: false = it was never in a proposed block and never will be. */
  readonly proposed?: boolean;
}

export interface Refusal {
  readonly status: number;
  readonly channel?: string;
  readonly channelId?: string;
  readonly id?: string;
  readonly error: RefusalError;
}

export type TransactionState = 'committed' | 'pending' | 'unknown';

export interface TransactionReply {
  readonly status: 200;
  readonly channel: string;
  readonly channelId: string;
  readonly id: string;
  readonly state: TransactionState;
  readonly height: number;
  readonly block?: number;
  readonly index?: number;
  readonly blockHash?: string;
}

export interface InfoMember {
  readonly id: number;
  readonly name: string;
  readonly role: 'voter' | 'learner';
  readonly active: boolean;
  /** Blocks this member is known to hold on disk; only the leader knows it of others, else 0. */
  readonly height: number;
}

/** What the orderer that answers is in the channel's Raft group, in Raft's words. */
export const raftStates = ['follower', 'pre-candidate', 'candidate', 'leader'] as const;
export type RaftState = (typeof raftStates)[number];

export interface InfoReply {
  readonly status: 200;
  readonly channel: string;
  readonly channelId: string;
  readonly height: number;
  readonly newestHash: string;
  readonly leader: string | null;
  /** Of the orderer that answers. */
  readonly state: RaftState;
  readonly term: number;
  readonly configNumber: number;
  readonly members: readonly InfoMember[];
}
