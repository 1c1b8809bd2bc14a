/**
 * Bytes that leave one after the other and lie in several places: what is large is not copied to be sent.
 *
 * A payload in pieces is the payload that they make together; who receives it cannot tell.
 */
export type Pieces = readonly Uint8Array[];

export type Payload = Uint8Array | Pieces;

export function bytesIn(payload: Payload): number {
  if (payload instanceof Uint8Array) return payload.length;
  return payload.reduce((bytes, piece) => bytes + piece.length, 0);
}

/** A copy only if there are several pieces. */
export function whole(payload: Payload): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  return payload.length === 1 ? payload[0]! : Buffer.concat(payload);
}
