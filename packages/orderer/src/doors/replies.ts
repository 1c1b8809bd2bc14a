/**
 * Answers of the doors: JSON or canonical bytes, refusals with the two service headers.
 */
import { utf8, utf8Decode } from '@cairn/ledger';
import {
  contentTypes,
  type ErrorCode,
  type HeaderRecord,
  headerNames,
  type RefusalDetails,
  refusal,
  type ServiceRequest,
} from '@cairn/transport';
import type { ChannelIdentity } from '../answers.ts';
import { passingBytes } from '../text-bytes.ts';

export function respondRefusal(
  request: ServiceRequest,
  identity: ChannelIdentity,
  code: ErrorCode,
  details: RefusalDetails = {},
): void {
  const answer = refusal(code, { ...identity, ...details });
  request.respondError(answer.status, answer.error.message, passingBytes(JSON.stringify(answer)));
}

/** As every receipt begins; no refusal does. */
const RECEIPT_START = utf8('{"status":200,');

function isReceipt(line: Uint8Array): boolean {
  for (let at = 0; at < RECEIPT_START.length; at++)
    if (line[at] !== RECEIPT_START[at]) return false;
  return true;
}

/** One line of JSON that is either a receipt or a refusal, as its status says. */
export function respondLine(request: ServiceRequest, line: Uint8Array): void {
  if (isReceipt(line)) {
    request.respond(line);
    return;
  }
  const { status, error } = JSON.parse(utf8Decode(line)!) as {
    readonly status: number;
    readonly error?: { readonly message: string };
  };
  if (error === undefined) request.respond(line);
  else request.respondError(status, error.message, line);
}

/** JSON that may be too large for NATS: then 413 says how to ask for it. */
export function respondJson(
  request: ServiceRequest,
  identity: ChannelIdentity,
  payloadBytesMax: number,
  value: unknown,
  headers?: HeaderRecord,
): void {
  const payload = utf8(JSON.stringify(value));
  if (payload.length > payloadBytesMax) respondRefusal(request, identity, 'REPLY_TOO_LARGE');
  else request.respond(payload, headers);
}

export function respondBytes(request: ServiceRequest, bytes: Uint8Array): void {
  request.respond(bytes, { [headerNames.contentType]: contentTypes.bytes });
}
