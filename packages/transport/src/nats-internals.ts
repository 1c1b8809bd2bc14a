/**
 * The three things about a NATS connection that its public interface does not tell.
 *
 * `nats` 2.29.3 sends what was published at the end of the current microtask, knows at once that a connection is lost but
 * says so a few promises later, and does not tell how much waits in the socket. Each access is guarded: if a later
 * version looks different, sending is left to the library, the announced state counts, and the outbound bound is off.
 */

export interface NatsInternals {
  isConnected(): boolean;
  /** Published and not yet taken by the kernel. */
  outboundBytes(): number;
  /** Hands what was published to the socket now. */
  flush(): void;
}

interface ProtocolShape {
  readonly connected?: unknown;
  readonly flushPending?: unknown;
  readonly outbound?: { readonly byteLength?: unknown };
  readonly transport?: { readonly socket?: { readonly writableLength?: unknown } };
}

export function natsInternalsOf(connection: object): NatsInternals {
  const { protocol } = connection as { readonly protocol?: ProtocolShape };
  return {
    isConnected: () => protocol?.connected !== false,
    outboundBytes: () =>
      bytesOr0(protocol?.outbound?.byteLength) +
      bytesOr0(protocol?.transport?.socket?.writableLength),
    flush() {
      if (typeof protocol?.flushPending === 'function') protocol.flushPending();
    },
  };
}

function bytesOr0(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
