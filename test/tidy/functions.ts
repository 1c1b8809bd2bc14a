/** How long functions are. A callback of `describe` or `test` is a chapter, not a function. */
import { lineAt, type SourceFile, type SyntaxNode, textAt, visit } from './sources.ts';

export interface LongFunction {
  readonly place: string;
  readonly lines: number;
}

const chapters = /^(describe|test|it|beforeAll|afterAll)\b/;

function isChapter(source: SourceFile, parent: SyntaxNode | null): boolean {
  return parent?.type === 'CallExpression' && chapters.test(textAt(source, parent.callee));
}

/** The functions of a file that have more lines than `most`. */
export function longFunctions(source: SourceFile, most: number): LongFunction[] {
  const found: LongFunction[] = [];
  visit(source.tree, (node, parent) => {
    if (!/Function(Declaration|Expression)$/.test(node.type)) return;
    if (isChapter(source, parent)) return;
    const first = lineAt(source, node.start);
    const lines = lineAt(source, node.end) - first + 1;
    if (lines > most) found.push({ place: `${source.path}:${first}`, lines });
  });
  return found;
}
