/**
 * Lines of an orderer's log about elections and members, cut to a column's width.
 *
 * The words stay etcd's (`packages/raft/src/trace.ts`). The node's own id goes, for the column says it; requests to several
 * become one line; of the votes counted in one moment the last tally stays; a refusal gets its reason from the two logs
 * and the vote that stand in the line. `2/4` is term/index, as etcd writes the end of a log.
 */
export interface Shortened {
  readonly text: string;
  /** The same key in the same moment at the same node: one cell. */
  readonly key?: string;
  /** What is listed in that cell; null: the newest replaces the older. */
  readonly item?: string | null;
}

type Shorten = (...groups: string[]) => Shortened | null;

const place = '\\[logterm: (\\d+), index: (\\d+)\\]';
const judge = '\\d+ \\[logterm: (\\d+), index: (\\d+), vote: (\\d+)\\]';

const forms: readonly (readonly [RegExp, Shorten])[] = [
  [/^\d+ became (.*)$/, (role) => ({ text: `became ${role}` })],
  [
    /^Raft leader changed: (\d+) -> (\d+)$/,
    (_from, to) => (to === '0' ? null : { text: `leader is ${to}` }),
  ],
  [new RegExp(`^\\d+ ${place} sent (\\w+) request to (\\d+) at term`), requested],
  [/^\d+ \[quorum:\d+\] has received (\d+) (\w+) votes and (\d+) vote/, tallied],
  [new RegExp(`^${judge} cast (\\w+) for (\\d+) `), (_t, _i, _v, name, to) => cast(name!, to!)],
  [new RegExp(`^${judge} rejected (\\w+) from (\\d+) ${place} at term (\\d+)$`), rejected],
  [
    new RegExp(`^${judge} ignored (\\w+) from (\\d+) .*: (lease is not expired)`),
    (_t, _i, _v, name, from, lease) => ({ text: `ignored ${name} from ${from}: ${lease}` }),
  ],
  [
    /^\d+ (stepped down .*|switched to .*|truncated .*|starts to .*|handed .*)$/,
    (text = '') => ({ text }),
  ],
];

/** That a candidate has its own vote goes without saying. */
function tallied(granted = '', name = '', rejected = ''): Shortened | null {
  const text = `${name}: ${granted} granted, ${rejected} rejected`;
  return granted === '1' && rejected === '0' ? null : { text, key: name };
}

const cast = (name: string, to: string): Shortened => ({ text: `cast ${name} for ${to}` });

function requested(term = '', index = '', name = '', to = ''): Shortened {
  const key = `sent ${name}, log ${term}/${index}, to`;
  return { text: key, key, item: to };
}

function rejected(
  ownTerm = '',
  ownIndex = '',
  vote = '',
  name = '',
  from = '',
  term = '',
  index = '',
  current = '',
): Shortened {
  const own = [Number(ownTerm), Number(ownIndex)] as const;
  const candidate = [Number(term), Number(index)] as const;
  const isBehind = candidate[0] < own[0] || (candidate[0] === own[0] && candidate[1] < own[1]);
  const reason = isBehind
    ? `its log ${term}/${index} is behind ${ownTerm}/${ownIndex}`
    : vote !== '0' && vote !== from
      ? `voted for ${vote} in term ${current}`
      : `it is already term ${current}`;
  return { text: `rejected ${name} from ${from}: ${reason}` };
}

/** Null for a line that tells nothing of an election. */
export function shorten(line: string): Shortened | null {
  for (const [pattern, make] of forms) {
    const found = pattern.exec(line);
    if (found !== null) return make(...found.slice(1));
  }
  return null;
}
