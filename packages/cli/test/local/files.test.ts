import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeOutputFile } from '../../src/local/files.ts';
import { temporaryFolder } from '../support/folder.ts';

const BYTES = Buffer.from('new');

test('an output file is replaced, keeps its mode, and a link to it stays a link', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'file');
  writeFileSync(file, 'old', { mode: 0o600 });
  symlinkSync(file, join(folder, 'link'));
  writeOutputFile(join(folder, 'link'), BYTES);
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('an output that is no file stays what it is', () => {
  writeOutputFile('/dev/null', BYTES);
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  const folder = join(temporaryFolder(), 'folder');
  mkdirSync(folder);
  expect(() => writeOutputFile(folder, BYTES)).toThrow(/it is a directory/);
});

test('directories on the way to an output file are not made', () => {
  const folder = join(temporaryFolder(), 'missing');
  expect(() => writeOutputFile(join(folder, 'file'), BYTES)).toThrow(/no such file or directory/);
  expect(existsSync(folder)).toBe(false);
});
