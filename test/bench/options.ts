/**
 * Flags of the benchmarks: whole numbers with a default each, and paths.
 */
import { parseArgs } from 'node:util';

export class UsageError extends Error {}

export interface NumberFlag {
  readonly value: number;
  readonly meaning: string;
}

export interface TextFlag {
  readonly value: string;
  readonly meaning: string;
}

export type Flags = Readonly<Record<string, NumberFlag | TextFlag>>;

export type Values<Of extends Flags> = { readonly [Name in keyof Of]: Of[Name]['value'] };

/** Throws a `UsageError` whose message names what is wrong. */
export function readFlags<Of extends Flags>(flags: Of, words: readonly string[]): Values<Of> {
  const given = parse(flags, words);
  const values = Object.entries(flags).map(([name, { value }]) => {
    const text = given[name];
    return [name, text === undefined ? value : parseValue(name, text, value)];
  });
  return Object.fromEntries(values) as Values<Of>;
}

function parse(flags: Flags, words: readonly string[]): Record<string, string | undefined> {
  const options = Object.fromEntries(
    Object.keys(flags).map((name) => [name, { type: 'string' as const }]),
  );
  try {
    return parseArgs({ args: [...words], options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function parseValue(name: string, text: string, standard: number | string): number | string {
  if (typeof standard === 'string') return text;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && text !== '') return value;
  throw new UsageError(`--${name} takes a whole number, not "${text}"`);
}

export function describeFlags(flags: Flags): string[] {
  return Object.entries(flags).map(
    ([name, { value, meaning }]) => `  --${name.padEnd(20)} ${meaning} [${value}]`,
  );
}
