/**
 * What a `deliver` request asks for, read strictly.
 */
import { utf8Decode } from '@cairn/ledger';
import { z } from 'zod';

const place = z.union([z.enum(['oldest', 'newest', 'next']), z.int().min(0)]);

const schema = z.strictObject({
  start: place,
  stop: place.optional(),
  content: z.enum(['block', 'header', 'bytes']).default('block'),
});

export type DeliverContent = z.output<typeof schema>['content'];

export interface DeliverRange {
  readonly start: number;
  /** The last number to deliver; null: follow. */
  readonly stop: number | null;
  readonly content: DeliverContent;
}

/** The range, or a sentence that says what is wrong. */
export function readDeliverRequest(payload: Uint8Array, height: number): DeliverRange | string {
  const json = parseJson(utf8Decode(payload));
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    return 'deliver takes JSON {"start": "oldest" | "newest" | "next" | number, "stop"?: the same, "content"?: "block" | "header" | "bytes"}.';
  }
  const { start, stop, content } = parsed.data;
  const range = {
    start: numberOf(start, height),
    stop: stop === undefined ? null : numberOf(stop, height),
    content,
  };
  const isEmpty = range.stop !== null && range.stop < range.start;
  return isEmpty ? 'stop lies before start.' : range;
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function numberOf(value: z.output<typeof place>, height: number): number {
  switch (value) {
    case 'oldest':
      return 0;
    case 'newest':
      return height - 1;
    case 'next':
      return height;
    default:
      return value;
  }
}
