/**
 * The colours of states, and the mappings that put words and colours in the place of numbers.
 *
 * Members have a colour each, the same on every dashboard, so that an election is seen as a change of colour.
 */
import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Threshold } from './panels.ts';

export const good = '#56A64B';
export const warning = '#E0B400';
export const bad = '#E02F44';
export const plain = '#8AB8FF';
export const quiet = '#6E7783';

/** By member id, beginning with 1; ids beyond the last begin anew. */
const memberColors = [
  ...['#5794F2', '#FF9830', '#B877D9', '#73BF69', '#F2CC0C'],
  ...['#3EB7B0', '#FF7383', '#8F9BB3', '#C4A484'],
];
const MEMBER_IDS_SHOWN = 32;

interface Word {
  readonly text: string;
  readonly color: string;
}

/** Words and colours by value. */
export function words(byValue: Readonly<Record<string, Word>>): ValueMapping {
  const options = Object.entries(byValue).map(([value, word], index) => [
    value,
    { text: word.text, color: word.color, index },
  ]);
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}

function memberWord(id: number): [string, Word] {
  const color = memberColors[(id - 1) % memberColors.length] ?? plain;
  return [`${id}`, { text: `member ${id}`, color }];
}

const members = Array.from({ length: MEMBER_IDS_SHOWN }, (_, at) => memberWord(at + 1));

export const leaderWords = words({
  '0': { text: 'no leader', color: bad },
  ...Object.fromEntries(members),
});

export const statusWords = words({
  '0': { text: 'inactive', color: quiet },
  '1': { text: 'active', color: good },
  '2': { text: 'onboarding', color: plain },
  '3': { text: 'failed', color: bad },
});

export const relationWords = words({
  '0': { text: 'other', color: quiet },
  '1': { text: 'voter', color: good },
  '2': { text: 'replica', color: plain },
  '3': { text: 'learner', color: plain },
});

export const yesOrNo = words({
  '0': { text: 'no', color: bad },
  '1': { text: 'yes', color: good },
});

/** A login without an end is told as +Inf, which no date reaches. */
export const neverMapping: ValueMapping = {
  type: MappingType.RangeToText,
  options: { from: 1e12, to: null, result: { text: 'never', color: good, index: 0 } },
};

export const always = (color: string): Threshold[] => [{ from: null, color }];

/** Good at 0, bad from the first. */
export const badFromOne: Threshold[] = [
  { from: null, color: good },
  { from: 1, color: bad },
];
