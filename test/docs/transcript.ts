/**
 * A transcript in a Markdown page: lines that begin with `$ ` are commands, the lines below each are what it prints.
 *
 * What differs from run to run (hashes, times, terms, who led) is made the same on both sides before they are compared.
 */

export interface TranscriptStep {
  readonly command: string;
  /** The words after `npx cairn`. */
  readonly words: readonly string[];
  readonly output: string;
}

const fence = /^```console\n([\s\S]*?)^```$/m;

/** Words as a shell would split them, as far as a transcript needs: blanks and single quotes. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

export function transcriptIn(markdown: string): TranscriptStep[] {
  const text = fence.exec(markdown)?.[1] ?? '';
  return text.split(/^\$ /m).flatMap((step) => {
    const [command = '', ...output] = step.trimEnd().split('\n');
    const [npx, cairn, ...words] = wordsOf(command);
    if (npx !== 'npx' || cairn !== 'cairn') return [];
    return [{ command, words, output: output.join('\n') }];
  });
}

const changing: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{12,64}\b/g, '<hash>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>'],
  [/\b(term +)\d+/g, '$1<term>'],
  [/\b(proposer +)orderer\d+/g, '$1<orderer>'],
];

export function withoutWhatChanges(output: string): string {
  return changing.reduce(
    (text, [pattern, replacement]) => text.replace(pattern, replacement),
    output.trimEnd(),
  );
}
