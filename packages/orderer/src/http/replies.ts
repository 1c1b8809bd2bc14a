/**
 * HTTP answers of both listeners: the JSON that NATS clients see, its status as HTTP status.
 */
import {
  contentTypes,
  type ErrorCode,
  type Refusal,
  type RefusalDetails,
  refusal,
} from '@cairn/transport';

export type HeaderFields = Readonly<Record<string, string>>;

/** Answers are about now unless they say otherwise. */
const notKept: HeaderFields = { 'Cache-Control': 'no-store' };

/** `text` is JSON already. */
export function jsonText(status: number, text: string, headers: HeaderFields = {}): Response {
  const fields = { 'Content-Type': contentTypes.json, ...notKept, ...headers };
  return new Response(text, { status, headers: fields });
}

export function json(status: number, value: unknown, headers: HeaderFields = {}): Response {
  return jsonText(status, JSON.stringify(value), headers);
}

export function refuse(answer: Refusal, headers: HeaderFields = {}): Response {
  const { retryAfterMs } = answer.error;
  const retry: HeaderFields =
    retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) };
  return json(answer.status, answer, { ...retry, ...headers });
}

export function refuseWith(code: ErrorCode, details: RefusalDetails = {}): Response {
  return refuse(refusal(code, details));
}

export function plainText(text: string): Response {
  return new Response(text, { headers: { 'Content-Type': 'text/plain; charset=utf-8' } });
}
