/**
 * What a command is: a zod schema of its options, from which its flags, its `CAIRN_*` variables, its help and its checks are
 * made, and a function that does the work and returns the exit code.
 */
import { unwrapSchema, variableName } from '@cairn/orderer/settings';
import type { z } from 'zod';
import { ZodBoolean, ZodNumber } from 'zod';
import { usageError } from './errors.ts';
import type { Terminal } from './terminal.ts';

/** What a command gets beside its options. */
export interface Session {
  readonly terminal: Terminal;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface OptionMeta {
  readonly description?: string;
  readonly alias?: string;
  /** Given by its place on the command line, not by a flag. */
  readonly positional?: boolean;
  /** Instead of CAIRN_<NAME>: the variables that are looked at, first wins. */
  readonly variables?: readonly string[];
}

export interface Option extends OptionMeta {
  /** As in the schema. */
  readonly key: string;
  /** As on the command line. */
  readonly flag: string;
  readonly kind: 'boolean' | 'number' | 'text';
  readonly variables: readonly string[];
  /** What holds if nothing is given; undefined for switches, which are off, and where the description says it. */
  readonly byDefault: string | undefined;
}

export type RawValues = Readonly<Record<string, unknown>>;

export interface Command {
  readonly name: string;
  /** What follows the name: `<block>`, `[payload]`. */
  readonly positionals: string;
  readonly summary: string;
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  readonly hidden: boolean;
  /** Ends by itself, in good order, when the signal is aborted; any other command is ended at once with 130. */
  readonly handlesInterrupt: boolean;
  readonly options: readonly Option[];
  /** Checks the values and runs. Returns the exit code. */
  execute(values: RawValues, session: Session): Promise<number>;
}

export interface CommandDefinition<Schema extends z.ZodObject> {
  readonly name: string;
  readonly positionals?: string;
  readonly summary: string;
  readonly examples: Command['examples'];
  readonly hidden?: boolean;
  readonly handlesInterrupt?: boolean;
  readonly schema: Schema;
  run(input: z.output<Schema>, session: Session): Promise<number>;
}

const flagOf = (key: string): string =>
  key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function kindOf(schema: z.ZodType): Option['kind'] {
  const inner = unwrapSchema(schema);
  if (inner instanceof ZodBoolean) return 'boolean';
  return inner instanceof ZodNumber ? 'number' : 'text';
}

function defaultOf(schema: z.ZodType, { description = '' }: OptionMeta): string | undefined {
  const { data } = schema.safeParse(undefined);
  const isShown = data !== undefined && data !== false && !description.includes('default');
  return isShown ? String(data) : undefined;
}

function optionOf(key: string, schema: z.ZodType): Option {
  const meta = (schema.meta() ?? {}) as OptionMeta;
  const variables = meta.positional ? [] : (meta.variables ?? [variableName([key])]);
  const byDefault = defaultOf(schema, meta);
  return { ...meta, key, flag: flagOf(key), kind: kindOf(schema), variables, byDefault };
}

function describeFault(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code !== 'invalid_type') return issue.message.replace(/^[A-Z]/, (c) => c.toLowerCase());
  if (issue.message.endsWith('received undefined')) return 'is missing';
  return issue.expected === 'number' || issue.expected === 'int'
    ? 'must be a whole number'
    : `must be a ${issue.expected}`;
}

function describeIssue(options: readonly Option[], issue: z.core.$ZodIssue): string {
  const option = options.find(({ key }) => key === issue.path[0]);
  const name = option?.positional ? `<${option.key}>` : `--${option?.flag ?? issue.path.join('.')}`;
  return `${name} ${describeFault(issue)}`;
}

export function defineCommand<Schema extends z.ZodObject>(
  definition: CommandDefinition<Schema>,
): Command {
  const { name, positionals = '', summary, examples, schema } = definition;
  const shape = schema.shape as Record<string, z.ZodType>;
  const options = Object.entries(shape).map(([key, value]) => optionOf(key, value));
  return {
    name,
    positionals,
    summary,
    examples,
    hidden: definition.hidden ?? false,
    handlesInterrupt: definition.handlesInterrupt ?? false,
    options,
    execute: (values, session) => {
      const parsed = schema.safeParse(values);
      if (parsed.success) return definition.run(parsed.data, session);
      const faults = parsed.error.issues.map((issue) => describeIssue(options, issue));
      throw usageError(`${faults.join('; ')}. See "cairn ${name} --help".`);
    },
  };
}

/** A flag's or variable's text as the kind its option has; what cannot be read so is left for the schema to refuse. */
export function readOptionText(kind: Option['kind'], text: string): unknown {
  switch (kind) {
    case 'text':
      return text;
    case 'number':
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case 'boolean':
      return booleanWords.get(text.toLowerCase()) ?? text;
  }
}

const booleanWords = new Map([
  ...['1', 'true', 'yes', 'on'].map((word) => [word, true] as const),
  ...['0', 'false', 'no', 'off'].map((word) => [word, false] as const),
]);

/** Values for the schema: what was typed wins over variables. */
export function valuesOf(
  options: readonly Option[],
  typed: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): RawValues {
  const entries = options.map(({ key, flag, kind, variables, positional }) => {
    const value = typed[positional ? key : flag];
    const text =
      value ??
      variables
        .map((name) => environment[name])
        .find((found) => found !== undefined && found !== '');
    return [key, typeof text === 'string' ? readOptionText(kind, text) : text] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
