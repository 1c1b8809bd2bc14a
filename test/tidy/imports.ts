/**
 * Who imports whom: the import law, and what can be reached from where something is started.
 *
 * A reference is an import, or any string that is the path of a file beside it: children are started by their path.
 */
import { posix } from 'node:path';
import { allFiles, type SourceFile, sources, textOf, visit } from './sources.ts';

/** Direct imports a room may have of other rooms. Arrows never point back. */
export const importLaw: Readonly<Record<string, readonly string[]>> = {
  ledger: [],
  raft: [],
  store: ['ledger', 'raft'],
  transport: ['ledger', 'raft'],
  orderer: ['ledger', 'raft', 'store', 'transport'],
  client: ['ledger', 'transport'],
  cli: ['client', 'ledger', 'orderer', 'store', 'transport'],
};

const strings = new Map<string, readonly string[]>();

/** All string literals of a file, import specifiers among them. */
export function stringsIn(source: SourceFile): readonly string[] {
  const known = strings.get(source.path);
  if (known !== undefined) return known;
  const found: string[] = [];
  visit(source.tree, ({ type, value }) => {
    if (type === 'Literal' && typeof value === 'string') found.push(value);
  });
  strings.set(source.path, found);
  return found;
}

/** What a file imports or re-exports, by specifier. */
export function specifiersIn(source: SourceFile): string[] {
  const found: string[] = [];
  visit(source.tree, ({ type, source: from }) => {
    if (!/^(Import|ExportNamed|ExportAll)(Declaration|Expression)$/.test(type)) return;
    const value: unknown = typeof from === 'object' && from !== null && Reflect.get(from, 'value');
    if (typeof value === 'string') found.push(value);
  });
  return found;
}

/** `ledger` for `@cairn/ledger` and anything below it. */
export const roomOf = (specifier: string): string | null =>
  /^@cairn\/([a-z]+)/.exec(specifier)?.[1] ?? null;

const known = new Set(allFiles);

/** The source behind a path as written: built files stand for what they are built from. */
function resolveIn(from: string, reference: string): string | null {
  const path = posix.normalize(posix.join(posix.dirname(from), reference));
  const source = path.replace(/\/dist\//, from.startsWith('test/') ? '/' : '/src/');
  const candidates = [
    path,
    path.replace('/dist/', '/src/').replace(/\.js$/, '.ts'),
    source.replace(/\.js$/, '.ts'),
  ];
  return candidates.find((candidate) => known.has(candidate)) ?? null;
}

function entriesOf(room: string): string[] {
  const { exports = {} } = JSON.parse(textOf(`packages/${room}/package.json`)) as {
    exports?: Readonly<Record<string, { readonly 'cairn-source'?: string }>>;
  };
  return Object.values(exports).flatMap(({ 'cairn-source': source }) =>
    source === undefined ? [] : [posix.join('packages', room, source)],
  );
}

/** Where something starts: package entries, commands, tests, and scripts that people or npm start. */
function isStart(path: string, entries: ReadonlySet<string>): boolean {
  return (
    entries.has(path) ||
    /\.test\.ts$/.test(path) ||
    /^packages\/[a-z]+\/bin\//.test(path) ||
    /^packages\/[a-z]+\/test\/bench\//.test(path) ||
    /^test\/([a-z]+\/)*main\.ts$/.test(path)
  );
}

/** Sources that nothing leads to. `scripts` are starts that only people know of. */
export function unreachable(scripts: readonly string[]): string[] {
  const entries = new Set([...Object.keys(importLaw).flatMap(entriesOf), ...scripts]);
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set<string>();
  const open = sources.map(({ path }) => path).filter((path) => isStart(path, entries));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const source = byPath.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const reference of stringsIn(source)) {
      const target = /\.(ts|js)$/.test(reference) ? resolveIn(path, reference) : null;
      if (target !== null) open.push(target);
    }
  }
  return [...byPath.keys()].filter((path) => !reached.has(path));
}
