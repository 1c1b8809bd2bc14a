/**
 * What the public interface of a NATS connection does not tell or does not do well: three questions, three shortcuts.
 *
 * `nats` 2.29.3 sends what was published at the end of the current microtask, knows at once that a connection is lost but
 * says so a few promises later, and does not tell how much waits in the socket. It takes a message in one piece, copies
 * a large one once more before sending it, and several times while reading it. Each access is guarded: if a later version
 * looks different, sending and reading are left to the library, the announced state counts, and the outbound bound is off.
 */
import { bytesIn, type Payload } from './pieces.ts';

export interface NatsInternals {
  isConnected(): boolean;
  /** Published and not yet taken by the kernel. */
  outboundBytes(): number;
  /** Hands what was published to the socket now. */
  flush(): void;
  /** Publishes a payload of several pieces, without reply or headers. False: nothing was done. */
  publishInPieces(subject: string, payload: Payload): boolean;
}

/** A copy of less costs less than a buffer of its own in a write. */
const largeBytes = 32 * 1024;
/** The largest `max_payload` a nats-server can be given: nobody makes us set more aside by announcing it. */
const messageBytesMax = 64 * 1024 * 1024;
const lineEnd = Uint8Array.of(0x0d, 0x0a);

interface SocketShape {
  readonly writableLength?: unknown;
  cork?(): void;
  uncork?(): void;
}

interface TransportShape {
  readonly socket?: SocketShape | undefined;
  send?(bytes: Uint8Array): void;
}

interface OutboundShape {
  readonly byteLength?: unknown;
  readonly buffers?: readonly Uint8Array[];
  reset?(): void;
}

interface ParserShape {
  readonly ma?: { readonly size?: unknown };
  /** The message being read, if it does not end in the chunk it began in. */
  readonly msgBuf?: { _buf?: unknown; readonly _off?: unknown } | undefined;
  parse?(chunk: Uint8Array): void;
}

interface ProtocolShape {
  readonly connected?: unknown;
  readonly infoReceived?: unknown;
  readonly outbound?: OutboundShape;
  readonly parser?: ParserShape;
  readonly transport?: TransportShape;
  flushPending?(): void;
  sendCommand?(command: string, ...payloads: readonly Uint8Array[]): void;
  resetOutbound?(): void;
}

export function natsInternalsOf(connection: object): NatsInternals {
  const { protocol } = connection as { readonly protocol?: ProtocolShape };
  if (protocol !== undefined) {
    sendLargeBuffersUncopied(protocol);
    readLargeMessagesInPlace(protocol);
  }
  return {
    isConnected: () => protocol?.connected !== false,
    outboundBytes: () =>
      bytesOr0(protocol?.outbound?.byteLength) +
      bytesOr0(protocol?.transport?.socket?.writableLength),
    flush() {
      if (has(protocol, 'flushPending')) protocol.flushPending();
    },
    publishInPieces(subject, payload) {
      if (payload instanceof Uint8Array || payload.length < 2) return false;
      if (!has(protocol, 'sendCommand')) return false;
      // As the library does it for one piece; `payload` is no longer than the server's limit.
      protocol.sendCommand(`PUB ${subject} ${bytesIn(payload)}\r\n`, ...payload, lineEnd);
      return true;
    },
  };
}

function has<Owner extends object, Name extends keyof Owner>(
  owner: Owner | undefined,
  ...names: readonly Name[]
): owner is Owner & Required<Pick<Owner, Name>> {
  return names.every((name) => typeof owner?.[name] === 'function');
}

function bytesOr0(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/**
 * The library copies all that waits into one buffer per flush. Here large buffers go to the socket as they are, between
 * the others and in one system call. What waits, when it is flushed and what a disconnect drops stay the library's.
 */
function sendLargeBuffersUncopied(protocol: ProtocolShape): void {
  if (!has(protocol, 'flushPending')) return;
  const flushPending = protocol.flushPending.bind(protocol);
  protocol.flushPending = () => {
    if (!sendPieces(protocol)) flushPending();
  };
}

/** False: nothing was sent, nothing was taken. */
function sendPieces({ connected, infoReceived, outbound, transport }: ProtocolShape): boolean {
  if (connected !== true || infoReceived !== true) return false;
  const socket = transport?.socket;
  if (!has(outbound, 'reset') || !has(transport, 'send') || !has(socket, 'cork', 'uncork')) {
    return false;
  }
  if (!Array.isArray(outbound.buffers) || !outbound.buffers.some(isLarge)) return false;
  const pieces = packSmallBuffers(outbound.buffers);
  outbound.reset();
  socket.cork();
  for (const piece of pieces) transport.send(piece);
  socket.uncork();
  return true;
}

function isLarge(buffer: Uint8Array): boolean {
  return buffer.length >= largeBytes;
}

function packSmallBuffers(buffers: readonly Uint8Array[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  for (const buffer of buffers) {
    if (!isLarge(buffer)) {
      small.push(buffer);
      continue;
    }
    if (small.length > 0) pieces.push(Buffer.concat(small));
    pieces.push(buffer);
    small = [];
  }
  if (small.length > 0) pieces.push(Buffer.concat(small));
  return pieces;
}

/**
 * The library collects a message that spans chunks in a buffer that grows, and is copied, several times. Here it gets
 * its final size when its first chunk has been read. `resetOutbound` makes a new parser for every connection.
 */
function readLargeMessagesInPlace(protocol: ProtocolShape): void {
  prepareParser(protocol.parser);
  if (!has(protocol, 'resetOutbound')) return;
  const resetOutbound = protocol.resetOutbound.bind(protocol);
  protocol.resetOutbound = () => {
    resetOutbound();
    prepareParser(protocol.parser);
  };
}

function prepareParser(parser: ParserShape | undefined): void {
  if (!has(parser, 'parse')) return;
  const parse = parser.parse.bind(parser);
  parser.parse = (chunk) => {
    parse(chunk);
    makeRoomForMessage(parser);
  };
}

/**
 * Swaps the memory below the library's buffer: its content stays, and from there on it grows within that memory. Nobody
 * sees the uninitialised rest, because a message is handed over when all of it has been written.
 */
function makeRoomForMessage({ ma, msgBuf }: ParserShape): void {
  const size = ma?.size;
  const read = msgBuf?._buf;
  if (msgBuf === undefined || !(read instanceof Uint8Array) || msgBuf._off !== 0) return;
  if (typeof size !== 'number' || size > messageBytesMax) return;
  if (size <= read.buffer.byteLength) return;
  const room = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer, 0, read.length);
  room.set(read);
  msgBuf._buf = room;
}
