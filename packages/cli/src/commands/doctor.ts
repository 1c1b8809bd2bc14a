/**
 * `cairn doctor`: looks at everything a set-up needs and says, in one sentence each, what is not well and what to do.
 *
 * Exit code 1 if there is a problem; warnings alone end with 0. Nothing is changed.
 */
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { examine } from '../doctor/examine.ts';
import { type Finding, isProblem, isWarning } from '../doctor/finding.ts';
import { connectionOptions, meta } from '../options.ts';
import { counted } from '../present.ts';
import type { Terminal } from '../terminal.ts';

const schema = z.object({
  config: z
    .string()
    .min(1)
    .optional()
    .meta(meta({ description: 'Only this orderer: its YAML file; default: the local cluster' })),
  ...connectionOptions,
});

function lineOf(terminal: Terminal, { check, subject, state, message, remedy }: Finding): string {
  const marks = {
    ok: terminal.paint('green', '✓'),
    warning: terminal.paint('yellow', '!'),
    problem: terminal.paint('red', '✗'),
  };
  const head = `${marks[state]} ${terminal.paint('bold', check)} ${subject}: ${message}`;
  return remedy === null ? head : `${head}\n    ${remedy}`;
}

function summaryOf(findings: readonly Finding[]): string {
  const problems = findings.filter(isProblem).length;
  const warnings = findings.filter(isWarning).length;
  if (problems + warnings === 0) return 'Nothing is wrong.';
  return `${counted(problems, 'problem')}, ${counted(warnings, 'warning')}.`;
}

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Say what is wrong with a set-up and what to do about it',
  examples: [
    ['cairn doctor', 'the local cluster: machine, files, data, ports, NATS, channels, clocks'],
    ['cairn doctor --config /etc/cairn/orderers/orderer1.yaml', 'one orderer, as it would start'],
    ['cairn doctor --json', 'every finding as an object; exit code 1 if one is a problem'],
  ],
  schema,
  run: async (input, session) => {
    const { terminal } = session;
    const findings = await examine(input, session, (found) => {
      if (!input.json) for (const finding of found) terminal.print(lineOf(terminal, finding));
    });
    const isWell = !findings.some(isProblem);
    terminal.print(input.json ? JSON.stringify({ ok: isWell, findings }) : summaryOf(findings));
    return isWell ? exitCodes.done : exitCodes.refused;
  },
});
