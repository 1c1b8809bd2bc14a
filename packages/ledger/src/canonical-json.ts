/**
 * RFC 8785 (JSON Canonicalization Scheme) for the values Cairn writes: objects, arrays, strings,
 * booleans, null and safe integers. One value has one spelling, so that a document can be hashed.
 */
import { LedgerError } from './errors.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Throws `CONFIG_FIELD` for a fraction, an unsafe integer or a lone surrogate. */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return canonicalInteger(value);
  if (typeof value === 'string') return canonicalString(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  // The default order of `sort` is by UTF-16 code units, which is what RFC 8785 asks for.
  const members = Object.keys(value)
    .sort()
    .map((key) => `${canonicalString(key)}:${canonicalJson(value[key]!)}`);
  return `{${members.join(',')}}`;
}

function canonicalInteger(value: number): string {
  if (Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  throw new LedgerError('CONFIG_FIELD', 'numbers are safe integers');
}

function canonicalString(value: string): string {
  if (!/\p{Surrogate}/u.test(value)) return JSON.stringify(value);
  throw new LedgerError('CONFIG_FIELD', 'strings are well-formed Unicode');
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
