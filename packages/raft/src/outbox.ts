/**
 * What the core has decided and the host has not yet collected.
 *
 * Invariants:
 * O1 a message that promises something about this node's disk waits for the write that makes it true:
 *    vote requests (the candidate's own vote), votes granted, append acknowledgements.
 * O2 an acknowledgement not yet collected is withdrawn when its entry is cut (it was never written).
 */

import type { Index, Message, RaftEvent } from './types.ts';

export interface Outbox {
  send: Message[];
  afterWrite: Message[];
  events: RaftEvent[];
}

export const emptyOutbox = (): Outbox => ({ send: [], afterWrite: [], events: [] });

export const isEmpty = (outbox: Outbox): boolean =>
  outbox.send.length === 0 && outbox.afterWrite.length === 0 && outbox.events.length === 0;

/** Puts `message` where its kind belongs: the one place that decides what waits for the disk. */
export function post(outbox: Outbox, message: Message): void {
  (waitsForDisk(message) ? outbox.afterWrite : outbox.send).push(message);
}

function waitsForDisk(message: Message): boolean {
  switch (message.type) {
    case 'vote':
    case 'voteResponse':
      return !message.pre;
    case 'appendResponse':
      return true;
    default:
      return false;
  }
}

/** O2: entries at and above `from` are gone before they were given out. */
export function withdrawAcknowledgements(outbox: Outbox, from: Index): void {
  outbox.afterWrite = outbox.afterWrite.filter(
    (message) => message.type !== 'appendResponse' || message.reject || message.index < from,
  );
}
