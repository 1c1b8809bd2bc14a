/**
 * The rules of the house that no linter knows: width, length, words, headers, who may import whom, what is reachable, what
 * the documentation must name. Exceptions are in `tidy/exceptions.ts`, each with its reason.
 */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { commands } from '@cairn/cli';
import { metricNames, ordererSettings } from '@cairn/orderer/settings';
import { errorCodes } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { checkout } from './docs/checkout.ts';
import * as exceptions from './tidy/exceptions.ts';
import { longFunctions } from './tidy/functions.ts';
import { importLaw, roomOf, specifiersIn, stringsIn, unreachable } from './tidy/imports.ts';
import {
  allFiles,
  isPackageSource,
  lineAt,
  type SourceFile,
  type SyntaxNode,
  sources,
  textAt,
  textOf,
  visit,
} from './tidy/sources.ts';

const CODE_WIDTH_MAX = 110;
const COMMENT_WIDTH_MAX = 125;
const FUNCTION_LINES_MAX = 70;
const FILE_LINES_MAX = 400;
/** A sentence in quotes or a pattern is not broken for the sake of a line. */
const WORDS_IN_ONE_PIECE = 40;

const packageSources = sources.filter(({ path }) => isPackageSource(path));
const pages = allFiles.filter((path) => path.endsWith('.md') && !path.startsWith('test/'));
const manifests = allFiles.filter((path) => posix.basename(path) === 'package.json');
const documentation = pages.map(textOf).join('\n');

/** Places of all nodes that `matches`, as path and line. */
function placesOf(
  of: readonly SourceFile[],
  matches: (node: SyntaxNode, source: SourceFile) => boolean,
): string[] {
  const found: string[] = [];
  for (const source of of) {
    visit(source.tree, (node) => {
      if (matches(node, source)) found.push(`${source.path}:${lineAt(source, node.start)}`);
    });
  }
  return found;
}

const fileOf = (place: string): string => place.replace(/:\d+$/, '');

describe('every source', () => {
  const linesOfWords = (source: SourceFile): Set<number> => {
    const lines = new Set<number>();
    visit(source.tree, ({ type, start, end }) => {
      if (!/^(Literal|TemplateLiteral|RegExpLiteral)$/.test(type)) return;
      if (end - start < WORDS_IN_ONE_PIECE) return;
      for (let at = lineAt(source, start); at <= lineAt(source, end); at++) lines.add(at);
    });
    return lines;
  };

  const isTooWide = (line: string): boolean =>
    line.length > (/^\s*(\/?\*|\/\/)/.test(line) ? COMMENT_WIDTH_MAX : CODE_WIDTH_MAX);

  test('has lines that fit', () => {
    const wide = sources.flatMap((source) => {
      const numbers = source.lines.flatMap((line, at) => (isTooWide(line) ? [at + 1] : []));
      const words = numbers.length === 0 ? new Set() : linesOfWords(source);
      return numbers.filter((at) => !words.has(at)).map((at) => `${source.path}:${at}`);
    });
    expect(wide).toEqual([]);
  });

  test('has functions that fit a screen', () => {
    const long = sources.flatMap((source) => longFunctions(source, FUNCTION_LINES_MAX));
    const unexplained = long.filter(({ place }) => !(fileOf(place) in exceptions.longFunctionsIn));
    expect(unexplained).toEqual([]);
  });

  test('is not too long a file', () => {
    const long = sources.filter(({ lines }) => lines.length - 1 > FILE_LINES_MAX);
    const paths = long.map(({ path }) => path);
    expect(paths.filter((path) => !(path in exceptions.longFiles))).toEqual([]);
  });

  test('of a package, and every helper of tests, begins with what it is for', () => {
    const helpers = sources.filter(
      ({ path }) => path.endsWith('.ts') && !path.endsWith('.test.ts'),
    );
    const bare = helpers.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text));
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  test('holds nothing that was to be done later, or only for a moment', () => {
    const words = new RegExp(['TODO', 'FIX'.concat('ME'), 'XX'.concat('X')].join('\\b|\\b'));
    const others = sources.filter(({ path }) => path !== 'test/tidy.test.ts');
    expect(others.filter(({ text }) => words.test(text)).map(({ path }) => path)).toEqual([]);
    const only = placesOf(
      sources,
      ({ type, property }, source) =>
        type === 'MemberExpression' && textAt(source, property) === 'only',
    );
    expect(only).toEqual([]);
  });

  test('does not give up its types', () => {
    const any = placesOf(packageSources, ({ type }) => type === 'TSAnyKeyword');
    expect(any).toEqual([]);
    const casts = placesOf(packageSources, (node, source) =>
      /^TSAsExpression$/.test(node.type) ? / as unknown as \w+/.test(textAt(source, node)) : false,
    );
    expect(casts.filter((place) => !(fileOf(place) in exceptions.doubleCasts))).toEqual([]);
  });

  test('of a package writes to no console', () => {
    const written = placesOf(
      packageSources,
      ({ type, object }, source) =>
        type === 'MemberExpression' && textAt(source, object) === 'console',
    );
    expect(written).toEqual([]);
  });

  test('can be reached from where something starts', () => {
    expect(unreachable(Object.keys(exceptions.startedByName))).toEqual([]);
  });
});

test('every exception is for a file that exists', () => {
  const { longFiles, longFunctionsIn, doubleCasts, startedByName } = exceptions;
  const listed = [longFiles, longFunctionsIn, doubleCasts, startedByName].flatMap(Object.keys);
  expect(listed.filter((path) => !allFiles.includes(path))).toEqual([]);
});

describe('the rooms', () => {
  const sourcesOf = (room: string): SourceFile[] =>
    packageSources.filter(({ path }) => path.startsWith(`packages/${room}/`));

  test.each(Object.entries(importLaw))('%s imports only %j', (room, allowed) => {
    for (const source of sourcesOf(room)) {
      const imported = specifiersIn(source).flatMap((specifier) => roomOf(specifier) ?? []);
      expect(
        imported.filter((name) => !allowed.includes(name)),
        source.path,
      ).toEqual([]);
    }
    const manifest = JSON.parse(textOf(`packages/${room}/package.json`));
    const declared = Object.keys(manifest.dependencies ?? {}).flatMap((name) => roomOf(name) ?? []);
    expect(declared.toSorted()).toEqual([...allowed].sort());
  });

  test('reach into one another only through what they export', () => {
    const inside = sources.flatMap((source) => {
      const room = source.path.split('/').slice(0, 2).join('/');
      const leaving = specifiersIn(source).filter((specifier) => {
        const target = posix.join(posix.dirname(source.path), specifier);
        return specifier.startsWith('.') && /^packages\//.test(target) && !target.startsWith(room);
      });
      return leaving.map((specifier) => `${source.path} imports ${specifier}`);
    });
    const scripts = /^(deploy\/local\/(start|watch)|test\/run)\.js /;
    expect(inside.filter((line) => !scripts.test(line))).toEqual([]);
  });

  test('are drawn in the README as the law says: an arrow means imports', () => {
    const picture = /```mermaid\n([\s\S]*?)```/.exec(textOf('README.md'))?.[1] ?? '';
    const drawn = [...picture.matchAll(/^ *(\w+) --> (.+)$/gm)].map(([, from, to = '']) => [
      from,
      to.split(/ *& */).sort(),
    ]);
    const law = Object.entries(importLaw).filter(([, to]) => to.length > 0);
    const expected = law.map(([from, to]) => [from, [...to].sort()]);
    expect(Object.fromEntries(drawn)).toEqual(Object.fromEntries(expected));
  });

  test('know NATS in one file', () => {
    const files = packageSources.filter((source) => specifiersIn(source).includes('nats'));
    expect(files.map(({ path }) => path)).toEqual(['packages/transport/src/nats-bus.ts']);
  });

  const impure =
    /^(setTimeout|setInterval|setImmediate|queueMicrotask|performance|process|require)$/;

  test.each(['ledger', 'raft'])('%s is pure: no clock, chance, timers, input or output', (room) => {
    const own = sourcesOf(room);
    const imported = own.flatMap(specifiersIn).filter((specifier) => /^node:/.test(specifier));
    expect(imported).toEqual([]);
    const found = placesOf(own, (node, source) => {
      const text = textAt(source, node);
      if (node.type === 'MemberExpression') return /^(Math\.random|Date\.now)$/.test(text);
      // A date that is given its time only writes it down.
      if (node.type === 'NewExpression') return /^new Date\(\s*\)/.test(text);
      if (node.type === 'AwaitExpression') return true;
      return node.type === 'Identifier' && impure.test(text);
    });
    expect(found).toEqual([]);
  });
});

test('every dependency has an exact version', () => {
  const loose = manifests.flatMap((path) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(textOf(path));
    const all = Object.entries<string>({ ...dependencies, ...devDependencies });
    return all
      .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
      .map(([name]) => `${path} ${name}`);
  });
  expect(loose).toEqual([]);
});

describe('the documentation', () => {
  test('has a row for every error code and every metric', () => {
    const errors = textOf('docs/reference/errors.md');
    const metrics = textOf('docs/reference/metrics.md');
    expect(errorCodes.filter((code) => !errors.includes(`| \`${code}\` |`))).toEqual([]);
    expect(metricNames.filter((name) => !metrics.includes(`| \`${name}\` |`))).toEqual([]);
  });

  test('names every variable that is read, in settings, options or sources', () => {
    const { otherVariables } = exceptions;
    const inSources = [...packageSources, ...sources.filter(({ path }) => /^deploy\//.test(path))]
      .flatMap(stringsIn)
      .filter((text) => /^CAIRN_[A-Z_]+$/.test(text));
    const ofCommands = commands.flatMap(({ options }) => options.flatMap((each) => each.variables));
    const all = [...ordererSettings.map(({ variable }) => variable), ...ofCommands, ...inSources];
    const named = new Set(documentation.match(/\b(CAIRN|NATS)_[A-Z_]+/g));
    expect([...all, ...Object.keys(otherVariables)].filter((name) => !named.has(name))).toEqual([]);
  });

  test('names no metric that does not exist', () => {
    const metrics = documentation.match(/\bcairn_[a-z]+_[a-z_]+[a-z]\b/g) ?? [];
    const isMetric = (name: string) =>
      metricNames.some((known) => known === name || known.startsWith(`${name}_`));
    expect(metrics.filter((name) => !isMetric(name))).toEqual([]);
  });

  test('names no command that does not exist', () => {
    const names = new Set([...commands.map(({ name }) => name), 'completion']);
    const inPages = documentation.matchAll(/(?:`|\$ |^|npx )cairn ([a-z]+)/gm);
    const inWords = packageSources.flatMap(({ text }) => [...text.matchAll(/["`]cairn ([a-z]+)/g)]);
    const named = [...inPages, ...inWords].map(([, name = '']) => name);
    expect(named.filter((name) => !names.has(name))).toEqual([]);
  });

  test('names no file, function or class that does not exist', () => {
    const spans = [...documentation.matchAll(/`([\w./#-]+)`/g)].map(([, span = '']) => span);
    const files = spans.filter((span) => /[a-z]\.(ts|js)$/.test(span));
    const paths = sources.map(({ path }) => `/${path.replace('/src/', '/')} /${path}`).join(' ');
    expect(files.filter((file) => !new RegExp(`/${file}( |$)`).test(paths))).toEqual([]);
    const code = packageSources.map(({ text }) => text).join('\n');
    const members = spans.filter((span) => /^[A-Z]\w*[a-z]\.#?\w+$|^[a-z]+[A-Z]\w+$/.test(span));
    const last = members.map((span) => span.split('.').at(-1) ?? '');
    expect(last.filter((name) => !code.includes(name))).toEqual([]);
  });

  const slugOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-');

  const headingsOf = (page: string): string[] =>
    [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => slugOf(heading));

  test.each(pages)('%s has links that lead somewhere', (page) => {
    const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const dead = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : posix.join(posix.dirname(page), file);
      if (!existsSync(join(checkout, target))) return true;
      return anchor !== undefined && !headingsOf(target).includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  test('has a glossary that can be remembered', () => {
    const rows = textOf('docs/words.md').match(/^\| (?!word|-)/gm) ?? [];
    expect(rows.length).toBeLessThanOrEqual(25);
  });
});

test('no file speaks of the machine it was written on', () => {
  const local = new RegExp(['/work/', '/root/', '/home/\\w+/', '/tmp/cairn/'].join('|'));
  const texts = allFiles.filter((path) => /\.(ts|js|json|md|ya?ml|txt)$|\/run$/.test(path));
  const found = texts.filter((path) => path !== 'test/tidy.test.ts' && local.test(textOf(path)));
  expect(found).toEqual([]);
});
