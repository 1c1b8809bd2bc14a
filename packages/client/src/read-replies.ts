/**
 * Replies to questions, checked field by field before anything relies on them. Pure.
 */
import { utf8Decode } from '@cairn/ledger';
import {
  type BusMessage,
  cairnError,
  type InfoReply,
  raftStates,
  type TransactionReply,
  type TransactionState,
} from '@cairn/transport';
import { parseJson } from './answers.ts';
import type { ChannelPin } from './pin.ts';

type Fields = Readonly<Record<string, unknown>>;

const states: readonly TransactionState[] = ['committed', 'pending', 'unknown'];

/** Throws `BAD_REPLY` or `CHANNEL_MISMATCH`. */
export function infoIn(message: BusMessage, pin: ChannelPin): InfoReply {
  const fields = fieldsIn(message, pin);
  const { height, newestHash, leader, state, term, configNumber, members } = fields;
  const isComplete =
    [height, term, configNumber].every(isCount) &&
    typeof newestHash === 'string' &&
    (leader === null || typeof leader === 'string') &&
    raftStates.some((known) => known === state) &&
    Array.isArray(members) &&
    members.every(isMember);
  if (!isComplete) throw badReply('a field of info is missing or has another form');
  return fields as unknown as InfoReply;
}

/** Throws `BAD_REPLY` or `CHANNEL_MISMATCH`. */
export function transactionReplyIn(
  message: BusMessage,
  pin: ChannelPin,
  id: string,
): TransactionReply {
  const fields = fieldsIn(message, pin);
  const { state, height, block, index } = fields;
  const isComplete =
    fields.id === id &&
    isCount(height) &&
    states.some((known) => known === state) &&
    (state !== 'committed' || (isCount(block) && isCount(index)));
  if (!isComplete) throw badReply('a field of transaction is missing or has another form');
  return fields as unknown as TransactionReply;
}

function fieldsIn(message: BusMessage, pin: ChannelPin): Fields {
  const value = parseJson(utf8Decode(message.payload) ?? '');
  if (typeof value !== 'object' || value === null) throw badReply('the reply is not a JSON object');
  const fields = value as Fields;
  if (fields.status !== 200) throw badReply('the reply has no status 200');
  if (!pin.accepts(fields.channelId)) throw pin.mismatch(fields.channelId);
  return fields;
}

function isMember(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, role, active, height } = value as Fields;
  return (
    isCount(id) &&
    typeof name === 'string' &&
    (role === 'voter' || role === 'learner') &&
    typeof active === 'boolean' &&
    isCount(height)
  );
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function badReply(why: string) {
  return cairnError('BAD_REPLY', {
    message: `What answered is not a Cairn orderer: ${why}. Check the subject prefix and the versions.`,
  });
}
