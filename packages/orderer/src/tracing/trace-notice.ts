/**
 * A leader's word to the other members that a block holds a transaction of a trace.
 *
 *   trace notice := 0x54 | 0x01 | channel id 32 | block number u64 | traceparent, 55 bytes of ASCII
 *
 * It travels on the Raft subject beside frames, fragments and member notices, whose first bytes differ, and changes no byte
 * of a block: a trace is about how a transaction went, not about what was ordered. Nothing depends on it but a log line.
 */
import { concatBytes, equalBytes, readU64, utf8, utf8Decode, writeU64 } from '@cairn/ledger';
import { parseTraceparent, type Trace } from './traceparent.ts';

const MARKER = 0x54;
const VERSION = 0x01;
const HEADER_BYTES = 2 + 32 + 8;
const TRACEPARENT_BYTES = 55;

export interface TraceNotice {
  readonly channelId: Uint8Array;
  readonly block: number;
  readonly trace: Trace;
}

export function isTraceNotice(bytes: Uint8Array): boolean {
  return bytes[0] === MARKER;
}

/** What stands behind the part that is known, in a later version of the header, stays at home. */
export function encodeTraceNotice({ channelId, block, trace }: TraceNotice): Uint8Array {
  const { traceId, spanId, flags } = trace;
  const number = new Uint8Array(8);
  writeU64(number, 0, block);
  const text = utf8(`00-${traceId}-${spanId}-${flags}`);
  return concatBytes(Uint8Array.of(MARKER, VERSION), channelId, number, text);
}

/** Null for anything that is not exactly a trace notice of this channel. */
export function decodeTraceNotice(bytes: Uint8Array, channelId: Uint8Array): TraceNotice | null {
  const isOurs = bytes.length === HEADER_BYTES + TRACEPARENT_BYTES && bytes[1] === VERSION;
  if (!isOurs || !equalBytes(bytes.subarray(2, 34), channelId)) return null;
  const block = readU64(bytes, 34);
  const trace = parseTraceparent(utf8Decode(bytes.subarray(HEADER_BYTES)) ?? undefined);
  return Number.isNaN(block) || trace === null ? null : { channelId, block, trace };
}
