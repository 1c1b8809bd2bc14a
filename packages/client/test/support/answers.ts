/** What a reply says of each transaction, read as the submitter reads it: the short way first, then the full one. */
import type { BusMessage } from '@cairn/transport';
import { checkedAnswers, type FrameContext, receiptsForAll } from '../../src/answers.ts';
import type { Answer } from '../../src/verdict.ts';

export function answersOf(
  context: FrameContext,
  ids: readonly string[],
  message: BusMessage,
): readonly Answer[] {
  const receipts = receiptsForAll(context, ids, message.payload);
  if (receipts === null) return checkedAnswers(context, ids, message);
  return receipts.map((receipt) => ({ kind: 'receipt', receipt }));
}
