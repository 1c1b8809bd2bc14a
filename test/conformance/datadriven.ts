/**
 * The grammar of cockroachdb/datadriven: a file is a list of cases, a case is a directive with
 * arguments, an optional input, `----`, and the output expected of it.
 *
 * Pure. Blank lines end the expected output unless it is fenced by a second `----`.
 */

export interface Argument {
  readonly key: string;
  readonly values: readonly string[];
}

export interface Case {
  readonly line: number;
  readonly command: string;
  readonly args: readonly Argument[];
  readonly input: string;
  /** Every line ends with a newline. */
  readonly expected: string;
}

interface Cursor {
  readonly lines: readonly string[];
  at: number;
}

const fence = '----';

export function parseFile(content: string): Case[] {
  const lines = content.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const cursor: Cursor = { lines, at: 0 };
  const cases: Case[] = [];
  for (let next = parseCase(cursor); next !== null; next = parseCase(cursor)) cases.push(next);
  return cases;
}

function parseCase(cursor: Cursor): Case | null {
  skipToDirective(cursor);
  if (cursor.at >= cursor.lines.length) return null;
  const line = cursor.at + 1;
  const { command, args } = parseDirective(takeDirective(cursor));
  const input = takeUntilFence(cursor).trim();
  return { line, command, args, input, expected: takeExpected(cursor) };
}

function skipToDirective(cursor: Cursor): void {
  while (cursor.at < cursor.lines.length) {
    const line = (cursor.lines[cursor.at] as string).trim();
    if (line !== '' && !line.startsWith('#')) return;
    cursor.at++;
  }
}

/** A trailing backslash joins the next line. */
function takeDirective(cursor: Cursor): string {
  let directive = '';
  for (;;) {
    const line = (cursor.lines[cursor.at++] ?? '').trim();
    if (!line.endsWith('\\')) return directive + line;
    directive += `${line.slice(0, -1).trim()} `;
  }
}

function takeUntilFence(cursor: Cursor): string {
  const taken: string[] = [];
  while (cursor.at < cursor.lines.length) {
    const line = cursor.lines[cursor.at++] as string;
    if (line === fence) break;
    taken.push(line);
  }
  return taken.join('\n');
}

function takeExpected(cursor: Cursor): string {
  if (cursor.lines[cursor.at] === fence) return takeFenced(cursor);
  const taken: string[] = [];
  while (cursor.at < cursor.lines.length) {
    const line = cursor.lines[cursor.at++] as string;
    if (line.trim() === '') break;
    taken.push(line);
  }
  return linesToText(taken);
}

function takeFenced(cursor: Cursor): string {
  cursor.at++;
  const taken: string[] = [];
  while (cursor.at < cursor.lines.length) {
    const line = cursor.lines[cursor.at++] as string;
    if (line === fence && cursor.lines[cursor.at] === fence) {
      cursor.at++;
      break;
    }
    taken.push(line);
  }
  return linesToText(taken);
}

const linesToText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** `cmd key key=value key=(a, b)`; a value list is split at top-level commas. */
export function parseDirective(line: string): {
  readonly command: string;
  readonly args: readonly Argument[];
} {
  const space = line.indexOf(' ');
  const command = space === -1 ? line : line.slice(0, space);
  const args: Argument[] = [];
  let rest = space === -1 ? '' : line.slice(space).trimStart();
  while (rest !== '') {
    const { arg, length } = parseArgument(rest);
    args.push(arg);
    rest = rest.slice(length).trimStart();
  }
  return { command, args };
}

function parseArgument(text: string): { readonly arg: Argument; readonly length: number } {
  const key = (/^[^ =]*/.exec(text) as RegExpExecArray)[0];
  if (text[key.length] !== '=') return { arg: { key, values: [] }, length: key.length };
  const begin = key.length + 1;
  if (text[begin] !== '(') {
    const value = (/^[^ ]*/.exec(text.slice(begin)) as RegExpExecArray)[0];
    return { arg: { key, values: [value] }, length: begin + value.length };
  }
  const end = closingParenthesis(text, begin);
  return { arg: { key, values: splitTopLevel(text.slice(begin + 1, end)) }, length: end + 1 };
}

function closingParenthesis(text: string, begin: number): number {
  let depth = 0;
  for (let at = begin; at < text.length; at++) {
    if (text[at] === '(') depth++;
    if (text[at] === ')' && --depth === 0) return at;
  }
  throw new SyntaxError(`unclosed parenthesis in "${text}"`);
}

function splitTopLevel(list: string): string[] {
  const values: string[] = [];
  let depth = 0;
  let begin = 0;
  for (let at = 0; at < list.length; at++) {
    if (list[at] === '(') depth++;
    else if (list[at] === ')') depth--;
    else if (list[at] === ',' && depth === 0) {
      values.push(list.slice(begin, at));
      begin = at + 1;
    }
  }
  values.push(list.slice(begin));
  return values.map((value) => value.trim());
}

/** The values of argument `key`, or none. */
export function valuesOf(args: readonly Argument[], key: string): readonly string[] {
  return args.find((arg) => arg.key === key)?.values ?? [];
}
