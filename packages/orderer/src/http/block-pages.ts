/**
 * A run of blocks as one JSON document: at most 100 blocks or 8 MiB, and where the next page begins.
 *
 * The blocks' JSON is put together as text: parsing and writing megabytes would hold up the orderer this runs in.
 */
import type { Refusal } from '@cairn/transport';
import { type BlockAnswer, type FetchedBlock, fetchJson } from './block-fetch.ts';
import type { Relay } from './relay.ts';

export const PAGE_BLOCKS_MAX = 100;
export const PAGE_BYTES_MAX = 8 * 1024 * 1024;
/** Fetched at the same time. */
const FETCHES_AT_ONCE = 8;
const ATTEMPTS_MAX = 3;

export interface PageRequest {
  readonly channel: string;
  readonly from: number;
  /** Included; null: to the newest. */
  readonly to: number | null;
}

export type PageAnswer =
  | { readonly kind: 'page'; readonly text: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The first block must be there, a 404 says so otherwise; a range that reaches beyond the newest ends there. */
export async function fetchPage(relay: Relay, request: PageRequest): Promise<PageAnswer> {
  const { channel, from, to } = request;
  const newest = await fetchJson(relay, { channel, name: 'newest' });
  if (newest.kind === 'refused') return newest;
  const last = Math.min(to ?? newest.number, newest.number);
  const texts: string[] = [];
  let bytes = 0;
  let next = from;
  do {
    for (const answer of await fetchRun(relay, channel, next, runEnd(next, last, texts.length))) {
      if (answer.kind === 'refused') return answer;
      const text = blockText(answer);
      if (texts.length > 0 && bytes + text.length > PAGE_BYTES_MAX) return page(texts, next);
      texts.push(text);
      bytes += text.length;
      next += 1;
    }
  } while (next <= last && texts.length < PAGE_BLOCKS_MAX);
  return page(texts, next <= last ? next : null);
}

/** At least one: the refusal of a block that is not there is the answer. */
function runEnd(next: number, last: number, taken: number): number {
  const count = Math.min(FETCHES_AT_ONCE, PAGE_BLOCKS_MAX - taken, last - next + 1);
  return next + Math.max(1, count);
}

function fetchRun(
  relay: Relay,
  channel: string,
  from: number,
  end: number,
): Promise<BlockAnswer[]> {
  const numbers = Array.from({ length: end - from }, (_, at) => from + at);
  return Promise.all(numbers.map((number) => fetchSomewhere(relay, channel, String(number))));
}

/** An orderer that is behind lacks what another has: the question goes out again, to whoever is next. */
async function fetchSomewhere(relay: Relay, channel: string, name: string): Promise<BlockAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetchJson(relay, { channel, name });
    const isMissing = answer.kind === 'refused' && answer.refusal.error.code === 'BLOCK_NOT_FOUND';
    if (!isMissing || attempt === ATTEMPTS_MAX) return answer;
  }
}

/** What stands for "block" in `{"status":200,"block":...}`. */
function blockText({ content }: FetchedBlock): string {
  const text = content as string;
  return text.slice(text.indexOf('"block":') + '"block":'.length, -1);
}

function page(texts: readonly string[], next: number | null): PageAnswer {
  return { kind: 'page', text: `{"status":200,"blocks":[${texts.join(',')}],"next":${next}}` };
}
