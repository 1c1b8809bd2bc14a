/**
 * What clients wanted and what they were told: one wish is one client's transaction under one id.
 */
export interface Place {
  readonly block: number;
  readonly index: number;
  readonly blockHash: string;
}

export interface Wish {
  readonly client: string;
  readonly channel: string;
  readonly id: string;
  readonly payload: Uint8Array;
  /** One attempt with this deadline; null: tried until there is an outcome. */
  readonly onceWithinMs: number | null;
  /** Nothing of this wish may ever be in a block: it breaks a rule of form. */
  readonly isIllegal: boolean;
  attempts: number;
  /** Set as soon as one attempt ended without a word that excludes it: then it may be in the chain. */
  uncertain: boolean;
  outcome: 'open' | 'committed' | 'conflict' | 'refused' | 'unknown';
  place: Place | null;
}

export function newWish(
  made: Pick<Wish, 'client' | 'channel' | 'id' | 'payload' | 'onceWithinMs' | 'isIllegal'>,
): Wish {
  // Written out: a spread is dear, and of these there are many.
  const { client, channel, id, payload, onceWithinMs, isIllegal } = made;
  return {
    client,
    channel,
    id,
    payload,
    onceWithinMs,
    isIllegal,
    attempts: 0,
    uncertain: false,
    outcome: 'open',
    place: null,
  };
}
