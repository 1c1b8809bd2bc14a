import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findFiles, runFile } from './runner.ts';

const root = fileURLToPath(new URL('../data/raft', import.meta.url));

describe("etcd's data-driven Raft suite", () => {
  const files = findFiles(root);

  test('the data is there', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  test.each(files.map((path) => [path.slice(root.length + 1), path]))('%s passes', (_, path) => {
    expect(runFile(path as string).failure).toBeNull();
  });
});
