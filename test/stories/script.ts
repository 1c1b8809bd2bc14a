/**
 * A story's file: prose, commands, and below each command what came of it.
 *
 *   # prose, for the reader alone
 *   > a command
 *     what it showed, indented: written by the runner, compared by the test
 *
 * Invariant: everything but the indented lines is the author's and comes out as it went in.
 */
export type Part =
  | { readonly kind: 'prose'; readonly line: string }
  | { readonly kind: 'command'; readonly text: string; readonly shown: readonly string[] };

const COMMAND = '> ';

export function partsOf(story: string): Part[] {
  const parts: Part[] = [];
  let shown: string[] = [];
  for (const line of story.trimEnd().split('\n')) {
    if (line.startsWith(COMMAND)) {
      shown = [];
      parts.push({ kind: 'command', text: line.slice(COMMAND.length).trim(), shown });
    } else if (line.startsWith('  ')) shown.push(line);
    else parts.push({ kind: 'prose', line });
  }
  return parts;
}

export const linesOf = (part: Part): readonly string[] =>
  part.kind === 'prose' ? [part.line] : [COMMAND + part.text, ...part.shown];

export const storyOf = (parts: readonly Part[]): string => `${parts.flatMap(linesOf).join('\n')}\n`;

/** The `count`th such command with what it showed. */
export function pieceOf(story: string, command: string, count = 1): string {
  const found = partsOf(story).filter((part) => part.kind === 'command' && part.text === command);
  const part = found[count - 1];
  if (part === undefined) throw new Error(`"${command}" occurs ${found.length} times`);
  return linesOf(part).join('\n');
}
