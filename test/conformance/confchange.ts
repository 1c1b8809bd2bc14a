/**
 * The configuration directives: `simple`, `enter-joint`, `leave-joint` on a configuration that begins
 * empty, with the index at which each member's progress began.
 */

import {
  type ConfChangeOperation,
  type ConfChangeResult,
  type ConfState,
  EMPTY_CONF,
  enterJoint,
  leaveJoint,
  membersOf,
  renderConf,
  simpleChange,
  toMemberId,
} from '@cairn/raft';
import { type Case, valuesOf } from './datadriven.ts';

const kinds = { v: 'addVoter', l: 'addLearner', r: 'remove', u: 'update' } as const;

export function parseOperations(input: string): ConfChangeOperation[] {
  return input
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => ({
      kind: kinds[word[0] as keyof typeof kinds],
      id: toMemberId(Number(word.slice(1))),
    }));
}

/** A handler with the state of one file. */
export function confChangeRunner(): (test: Case) => string {
  let conf: ConfState = EMPTY_CONF;
  let lastIndex = 0;
  const began = new Map<number, number>();
  return (test) => {
    const result = change(conf, test);
    const next = Math.max(lastIndex++, 1);
    if (!result.ok) return result.problem;
    conf = result.conf;
    const members = membersOf(conf);
    for (const id of began.keys()) if (!members.some((member) => member === id)) began.delete(id);
    for (const id of members) if (result.created.has(id)) began.set(id, next);
    const rows = members.map((id) => progressRow(conf, id, began.get(id) ?? next));
    return [renderConf(conf), ...rows].join('\n');
  };
}

function change(conf: ConfState, test: Case): ConfChangeResult {
  const operations = parseOperations(test.input);
  switch (test.command) {
    case 'simple':
      return simpleChange(conf, operations);
    case 'enter-joint':
      return enterJoint(conf, valuesOf(test.args, 'autoleave')[0] === 'true', operations);
    case 'leave-joint':
      if (operations.length > 0) return { ok: false, problem: 'this command takes no input' };
      return leaveJoint(conf);
    default:
      return { ok: false, problem: `unknown command ${test.command}` };
  }
}

function progressRow(conf: ConfState, id: number, next: number): string {
  const learner = conf.learners.some((member) => member === id) ? ' learner' : '';
  return `${id.toString(16)}: StateProbe match=0 next=${next}${learner}`;
}
