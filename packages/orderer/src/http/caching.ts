/**
 * HTTP caching of blocks: a committed block never changes, so its hash is its tag and its number is good for ever.
 */
import type { HeaderFields } from './replies.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';
/** May be kept, must be asked about: another block may have the name now. */
const ASK_FIRST = 'no-cache';

/** `name`: what was asked for; newest and config move on, a number and oldest do not. */
export function cacheFields(name: string, tag: string): HeaderFields {
  const moves = name === 'newest' || name === 'config';
  return { ETag: tag, 'Cache-Control': moves ? ASK_FIRST : FOR_EVER, Vary: 'Accept' };
}

/** RFC 9110, 13.1.2: does the reader have one of what it names? Compared weakly. */
export function hasTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((each) => each.trim().replace(/^W\//, ''));
  return tags.includes(tag) || tags.includes('*');
}
