/**
 * The files of the checkout as the tidy test sees them: paths, text, syntax tree.
 *
 * Found by walking, not by asking git: a copy of the checkout is judged the same.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { checkout } from '../docs/checkout.ts';

/** Made by tools, or data that others wrote. */
const skipped = new Set(['node_modules', 'dist', '.git', '.turbo', '.cairn', 'coverage', 'data']);

function walk(folder: string): string[] {
  return readdirSync(join(checkout, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return skipped.has(entry.name) ? [] : walk(path);
  });
}

/** Paths relative to the checkout, with "/". */
export const allFiles: readonly string[] = walk('').sort();

export const textOf = (path: string): string => readFileSync(join(checkout, path), 'utf8');

/** One node of the tree; whatever it holds is looked at with `typeof`. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly tree: SyntaxNode;
}

function sourceOf(path: string): SourceFile {
  const text = textOf(path);
  const lang = path.endsWith('.ts') ? 'ts' : 'js';
  const tree: object = parseAst(text.replace(/^#!/, '//'), { lang });
  return { path, text, lines: text.split('\n'), tree: tree as SyntaxNode };
}

export const sources: readonly SourceFile[] = allFiles
  .filter((path) => /\.(ts|js)$/.test(path) && !path.endsWith('.d.ts'))
  .map(sourceOf);

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string';

/** Every node below and with its parent, outer before inner. */
export function visit(
  node: SyntaxNode,
  see: (node: SyntaxNode, parent: SyntaxNode | null) => void,
  parent: SyntaxNode | null = null,
): void {
  see(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) visit(child, see, node);
    }
  }
}

/** The text of a child node, '' if there is none: enough to recognise a name. */
export function textAt(source: SourceFile, node: unknown): string {
  return isNode(node) ? source.text.slice(node.start, node.end) : '';
}

export const lineAt = ({ text }: SourceFile, offset: number): number =>
  text.slice(0, offset).split('\n').length;

export const isPackageSource = (path: string): boolean => /^packages\/[a-z]+\/src\//.test(path);
