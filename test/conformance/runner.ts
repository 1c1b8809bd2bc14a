/**
 * Runs data-driven files of etcd's Raft suite against this core and compares transcripts.
 *
 * Log lines are left out of the comparison on both sides: they are etcd's wording, not Raft. What
 * remains (messages, writes, commits, progress) is compared to the letter.
 */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { confChangeRunner } from './confchange.ts';
import { type Case, parseFile } from './datadriven.ts';
import { interactionRunner } from './interaction/directives.ts';
import { runQuorum } from './quorum.ts';

export interface Failure {
  readonly line: number;
  readonly command: string;
  readonly expected: string;
  readonly actual: string;
}

export interface FileReport {
  readonly path: string;
  readonly cases: number;
  readonly failure: Failure | null;
}

const notTests = new Set(['LICENSE', 'README', 'SOURCE.txt']);

/** Every data file below `directory`, sorted. */
export function findFiles(directory: string): string[] {
  return readdirSync(directory)
    .sort()
    .map((name) => ({ name, path: join(directory, name) }))
    .flatMap(({ name, path }) => {
      if (statSync(path).isDirectory()) return findFiles(path);
      return name.endsWith('.txt') && !notTests.has(name) ? [path] : [];
    });
}

/** Stops at the first difference: later cases build on earlier ones. */
export function runFile(path: string): FileReport {
  const cases = parseFile(readFileSync(path, 'utf8'));
  const run = runnerFor(cases);
  for (const test of cases) {
    const actual = run(test);
    if (comparable(actual) !== comparable(test.expected)) {
      const { line, command, expected } = test;
      return { path, cases: cases.length, failure: { line, command, expected, actual } };
    }
  }
  return { path, cases: cases.length, failure: null };
}

/** The first directive tells which suite a file belongs to. */
function runnerFor(cases: readonly Case[]): (test: Case) => string {
  const run = handlerFor(cases[0]?.command ?? '');
  return (test) => {
    try {
      return run(test);
    } catch (error) {
      return `threw ${error instanceof Error ? error.message : String(error)}`;
    }
  };
}

function handlerFor(command: string): (test: Case) => string {
  switch (command) {
    case 'committed':
    case 'vote':
      return runQuorum;
    case 'simple':
    case 'enter-joint':
    case 'leave-joint':
      return confChangeRunner();
    default:
      return interactionRunner();
  }
}

const logLine = /^\s*(DEBUG|INFO|WARN|ERROR|FATAL) /;

/** Without log lines; a transcript of nothing reads `ok`. */
export function comparable(transcript: string): string {
  const lines = transcript.split('\n').filter((line) => line !== '' && !logLine.test(line));
  return lines.length === 0 ? 'ok' : lines.join('\n');
}
