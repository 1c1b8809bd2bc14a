/**
 * From words on the command line to one command and its values. yargs reads flags, writes help and completion; variables,
 * defaults and checks come from each command's schema.
 */
import yargs, { type Argv } from 'yargs';
import { type Command, type Option, type RawValues, valuesOf } from './command.ts';
import { usageError } from './errors.ts';
import type { Terminal } from './terminal.ts';

export type Parsed =
  | { readonly kind: 'run'; readonly command: Command; readonly values: RawValues }
  /** Help, version or completions: print this and be done. */
  | { readonly kind: 'print'; readonly text: string };

export interface CommandLine {
  readonly commands: readonly Command[];
  readonly version: string;
  readonly terminal: Terminal;
  /** Channel names for completion. */
  readonly channels: () => readonly string[];
}

function describe({ description = '', variables, byDefault }: Option): string {
  const text = byDefault === undefined ? description : `${description}; default ${byDefault}`;
  return variables.length === 0 ? text : `${text} [${variables.join(', ')}]`;
}

function addOption(parser: Argv, option: Option): Argv {
  if (option.positional) {
    return parser.positional(option.key, { type: 'string', describe: option.description ?? '' });
  }
  const shared = { describe: describe(option), ...(option.alias && { alias: option.alias }) };
  return option.kind === 'boolean'
    ? parser.option(option.flag, { ...shared, type: 'boolean' })
    : parser.option(option.flag, { ...shared, type: 'string', requiresArg: true });
}

/** Below one another: side by side, yargs breaks commands into pieces that cannot be copied. */
function examplesOf(command: Command): string {
  const lines = command.examples.map(([text, meaning]) => `  ${text}\n      ${meaning}`);
  return `Examples:\n${lines.join('\n')}`;
}

function addOptions(parser: Argv, command: Command): Argv {
  return command.options.reduce(addOption, parser).epilogue(examplesOf(command));
}

function addCommand(
  parser: Argv,
  command: Command,
  choose: (typed: Record<string, unknown>) => void,
): Argv {
  const words = `${command.name} ${command.positionals}`.trim();
  const build = (inner: Argv): Argv => addOptions(inner, command);
  return command.hidden
    ? parser.command(words, false, build, choose)
    : parser.command(words, command.summary, build, choose);
}

type Chosen = { command: Command; typed: Record<string, unknown> };

function buildParser(
  line: CommandLine,
  words: readonly string[],
  choose: (chosen: Chosen) => void,
): Argv {
  const base = yargs([...words])
    .scriptName('cairn')
    .usage('$0 <command>\n\nAn ordering service for append-only block ledgers.')
    .parserConfiguration({
      'camel-case-expansion': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'duplicate-arguments-array': false,
      'dot-notation': false,
    });
  const withCommands = line.commands.reduce(
    (parser, command) => addCommand(parser, command, (typed) => choose({ command, typed })),
    base,
  );
  return withCommands
    .completion(
      'completion',
      'Print a script that completes commands in bash or zsh',
      (current, typed) => completionsFor(line, current, typed),
    )
    .version(line.version)
    .help()
    .alias('help', 'h')
    .strict()
    .recommendCommands()
    .demandCommand(1, 'Say what to do: "cairn --help" lists the commands.')
    .exitProcess(false)
    .fail((message, error) => {
      throw error === undefined || error.name === 'YError'
        ? usageFault(line, words, message)
        : error;
    })
    .epilogue(
      'Exit codes: 0 done, 1 refused, 2 usage, 3 not found, 4 unavailable, 5 verification failed, 130 interrupted.',
    )
    .wrap(Math.min(line.terminal.columns, 110));
}

/** yargs' words on one line, and ours where its own say too little. */
function usageFault(line: CommandLine, words: readonly string[], message: string): Error {
  const sentence = message
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[.?!]$/, '');
  const command = line.commands.find(({ name }) => name === words[0]);
  if (command !== undefined) {
    const missing = message.startsWith('Not enough non-option arguments');
    const fault = missing ? `${command.positionals} is missing` : sentence;
    return usageError(`${fault}. See "cairn ${command.name} --help".`);
  }
  const [first] = words;
  if (first === undefined || first.startsWith('-')) return usageError(message.trim());
  const guess = /^Did you mean (.+)$/.exec(sentence)?.[1];
  return usageError(
    guess === undefined
      ? `There is no command ${first}; "cairn --help" lists the commands.`
      : `There is no command ${first}; did you mean ${guess}?`,
  );
}

/** Channel names after -c, otherwise commands or the flags of the command that stands already. */
function completionsFor(line: CommandLine, current: string, typed: unknown): string[] {
  const words = (typed as { _: readonly (string | number)[] })._.map(String);
  if (process.argv.at(-2) === '-c' || process.argv.at(-2) === '--channel')
    return [...line.channels()];
  const command = line.commands.find(({ name }) => words.includes(name));
  const candidates =
    command === undefined
      ? line.commands.filter(({ hidden }) => !hidden).map(({ name }) => name)
      : command.options.filter(({ positional }) => !positional).map(({ flag }) => `--${flag}`);
  return candidates.filter((candidate) => candidate.startsWith(current));
}

const DISGUISE = '\u0000';

/**
 * yargs reads a lone "-" as nothing, and what begins with a dash as a flag, even behind "--". Those words pass it in
 * disguise: they are values.
 */
function disguised(words: readonly string[]): string[] {
  const separator = words.includes('--') ? words.indexOf('--') : words.length;
  const before = words.slice(0, separator).map((word) => (word === '-' ? `${DISGUISE}-` : word));
  const behind = words.slice(separator + 1);
  return [...before, ...behind.map((word) => `${DISGUISE}${word}`)];
}

function undisguised(typed: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(typed).map(([key, value]) => {
    const isDisguised = typeof value === 'string' && value.startsWith(DISGUISE);
    return [key, isDisguised ? value.slice(DISGUISE.length) : value];
  });
  return Object.fromEntries(entries);
}

/** `--flag=text` of flags that are on or off: yargs takes every text but `true` for "off". */
function switchTexts(command: Command, words: readonly string[]): Record<string, string> {
  const switches = command.options.filter(({ kind }) => kind === 'boolean');
  const entries = words.flatMap((word) => {
    const [, flag = '', text = ''] = /^--([a-z-]+)=(.*)$/s.exec(word) ?? [];
    return switches.some((option) => option.flag === flag) ? [[flag, text] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** Throws a usage error (exit code 2) for anything that is not understood. */
export async function parseCommandLine(
  line: CommandLine,
  words: readonly string[],
): Promise<Parsed> {
  let chosen: Chosen | null = null as Chosen | null;
  let text = '';
  const parser = buildParser(line, disguised(words), (choice) => {
    chosen = choice;
  });
  await parser.parseAsync(disguised(words), {}, (_error, _argv, output) => {
    text = output;
  });
  if (chosen === null || text !== '') return { kind: 'print', text };
  const values = valuesOf(
    chosen.command.options,
    { ...undisguised(chosen.typed), ...switchTexts(chosen.command, disguised(words)) },
    line.terminal.environment,
  );
  return { kind: 'run', command: chosen.command, values };
}
