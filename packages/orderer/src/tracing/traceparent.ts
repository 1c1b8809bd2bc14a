/**
 * The header `traceparent` (W3C Trace Context, level 1): which trace a request belongs to.
 *
 * Read as the recommendation says: version 00 exactly, a later version by its known part, and anything else, zeros and
 * capitals included, as if it were not there. Cairn makes no spans of its own, so it hands the header on unchanged.
 */

export interface Trace {
  /** As it came. */
  readonly traceparent: string;
  readonly traceId: string;
  /** The span of whoever asks. */
  readonly spanId: string;
  readonly flags: string;
  /** Whoever began the trace wants it recorded. */
  readonly isSampled: boolean;
}

const KNOWN_LENGTH = 55;
const TRACEPARENT_LENGTH_MAX = 256;
const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[\x21-\x7e]*)?$/;
const INVALID_VERSION = 'ff';

/** Null for what is no valid header. */
export function parseTraceparent(text: string | undefined): Trace | null {
  if (text === undefined || text.length > TRACEPARENT_LENGTH_MAX) return null;
  const [, version = '', traceId = '', spanId = '', flags = ''] = pattern.exec(text) ?? [];
  const isKnownForm = version !== '00' || text.length === KNOWN_LENGTH;
  if (version === '' || version === INVALID_VERSION || !isKnownForm) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceparent: text, traceId, spanId, flags, isSampled };
}

/** `tracestate` belongs to a valid `traceparent` and is handed on unread; null if it could not be a header again. */
export function tracestateOf(text: string | undefined): string | null {
  return text !== undefined && /^[\x20-\x7e]{1,512}$/.test(text) ? text : null;
}

/** The fields of a log line, by the names OpenTelemetry gives them in logs that are not its own. */
export function traceFields({ traceId, spanId, flags }: Trace): Readonly<Record<string, string>> {
  return { trace_id: traceId, span_id: spanId, trace_flags: flags };
}
