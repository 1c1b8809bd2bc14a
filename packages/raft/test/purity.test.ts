import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const files = readdirSync(source).filter((name) => name.endsWith('.ts'));

/** What would bring in time, chance, threads or the outside world. */
const forbidden = [
  /\bDate\b/,
  /\bperformance\b/,
  /\bset(Timeout|Interval|Immediate)\b/,
  /\bqueueMicrotask\b/,
  /\bPromise\b/,
  /\basync\b/,
  /\bawait\b/,
  /\bMath\.random\b/,
  /\bcrypto\b/,
  /\bprocess\b/,
  /\bconsole\b/,
  /\bglobalThis\b/,
  /\d+n\b/,
];

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');

describe('the core is a pure machine', () => {
  test.each(files)('%s knows no time, chance, thread or outside world', (name) => {
    const text = withoutComments(readFileSync(source + name, 'utf8'));
    expect(forbidden.filter((pattern) => pattern.test(text)).map(String)).toEqual([]);
  });

  test.each(files)('%s imports only from its own folder', (name) => {
    const text = readFileSync(source + name, 'utf8');
    const imports = [...text.matchAll(/from '([^']+)'/g)].map((match) => match[1] as string);
    expect(imports.filter((path) => !path.startsWith('./'))).toEqual([]);
  });
});
