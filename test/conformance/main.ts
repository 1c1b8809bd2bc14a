/**
 * `npm run conformance -- DIR`: every data-driven Raft file below DIR, one line each, then a summary.
 *
 * Exit codes: 0 all pass, 1 a file differs, 2 the directory is missing, unreadable or empty.
 */

import { relative, resolve } from 'node:path';
import { stderr, stdout } from 'node:process';
import { type FileReport, findFiles, runFile } from './runner.ts';

function main(args: readonly string[]): number {
  const directory = args[0];
  if (directory === undefined || args.length !== 1) {
    return refuse('usage: npm run conformance -- DIR (a directory of data-driven Raft test files)');
  }
  const files = list(resolve(directory));
  if (files === null) return refuse(`cannot read directory ${directory}`);
  if (files.length === 0) return refuse(`no data files (*.txt) below ${directory}`);
  const reports = files.map(runFile);
  for (const report of reports) stdout.write(describe(report, resolve(directory)));
  return summarize(reports);
}

function list(directory: string): string[] | null {
  try {
    return findFiles(directory);
  } catch {
    return null;
  }
}

function refuse(sentence: string): number {
  stderr.write(`${sentence}\n`);
  return 2;
}

function describe(report: FileReport, root: string): string {
  const name = relative(root, report.path);
  const { failure } = report;
  if (failure === null) return `pass ${name} (${report.cases} cases)\n`;
  const where = `line ${failure.line}, ${failure.command}`;
  return `FAIL ${name} (${where})\n--- expected\n${failure.expected}\n--- actual\n${failure.actual}\n`;
}

function summarize(reports: readonly FileReport[]): number {
  const failed = reports.filter((report) => report.failure !== null).length;
  const cases = reports.reduce((sum, report) => sum + report.cases, 0);
  stdout.write(`${reports.length - failed} of ${reports.length} files pass, ${cases} cases\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
