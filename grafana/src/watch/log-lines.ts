/**
 * Log lines of orderers, as the blog shows them: what etcd's Raft and Fabric say about an election and about blocks.
 *
 * Pure but for reading the files. A pattern is a whole line; terms and indexes that the story does not fix are left open.
 */
import { readFileSync, statSync } from 'node:fs';

export interface LoggingOrderer {
  readonly name: string;
  /** Its log file, pino's JSON lines. */
  readonly log: string;
}

/** What a log says about one channel, from a byte of the file on. */
export function linesAfter({ log }: LoggingOrderer, channel: string, fromByte: number): string[] {
  const text = readFileSync(log).subarray(fromByte).toString('utf8');
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{') || !line.endsWith('}')) return [];
    const entry = JSON.parse(line) as { readonly channel?: string; readonly msg: string };
    return entry.channel === channel ? [entry.msg] : [];
  });
}

/** Where a log ends now: what is read after this is news. */
export const endOf = ({ log }: LoggingOrderer): number => statSync(log).size;

/** The first lines that match the patterns in this order, others between them allowed; up to the one that is missing. */
export function inOrder(lines: readonly string[], patterns: readonly RegExp[]): string[] {
  const found: string[] = [];
  let at = 0;
  for (const pattern of patterns) {
    const next = lines.findIndex((line, position) => position >= at && pattern.test(line));
    if (next < 0) break;
    found.push(lines[next] ?? '');
    at = next + 1;
  }
  return found;
}

/** A line of the log: the words as they are, `<n>` for any number. */
export function line(words: string): RegExp {
  const escaped = words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `^${escaped.replaceAll('<n>', '\\d+').replaceAll('<log>', '\\[logterm: \\d+, index: \\d+(?:, vote: \\d+)?\\]')}$`,
  );
}

/** The line as a person would write it down, `<n>` for any number. */
export const inWords = (pattern: RegExp): string =>
  pattern.source
    .replaceAll('^', '')
    .replaceAll('$', '')
    .replaceAll('\\d+', '<n>')
    .replace(/\\(.)/g, '$1');

/** How somebody came to lead: by silence and pre-votes, or told to by the leader before. */
export type Way = 'silence' | 'handOver';

const started = (id: number): RegExp => line(`${id} is starting a new election at term <n>`);
const told = (id: number): RegExp =>
  line(
    `${id} [term <n>] received MsgTimeoutNow from <n> and starts an election to get leadership.`,
  );
const won = (id: number, term: number): RegExp => line(`${id} became leader at term ${term}`);

/** How `id` came to lead in `term`, and the lines from the beginning of that election on; null if it did not. */
export function electionOf(
  lines: readonly string[],
  id: number,
  term: number,
): { readonly way: Way; readonly lines: readonly string[] } | null {
  const end = lines.findLastIndex((text) => won(id, term).test(text));
  const before = lines.slice(0, Math.max(end, 0));
  const began = before.findLastIndex((text) => started(id).test(text));
  if (began < 0) return null;
  const isTold = began > 0 && told(id).test(lines[began - 1] ?? '');
  return isTold
    ? { way: 'handOver', lines: lines.slice(began - 1) }
    : { way: 'silence', lines: lines.slice(began) };
}

/** Becoming leader, from the first line to the last. `quorum` votes are needed. */
export function electionLines(
  { id, term }: { readonly id: number; readonly term: number },
  quorum: number,
  way: Way,
): RegExp[] {
  const votes = (kind: string): RegExp =>
    line(`${id} [quorum:${quorum}] has received ${quorum} ${kind} votes and <n> vote rejections`);
  const preVotes = [line(`${id} became pre-candidate at term <n>`), votes('MsgPreVoteResp')];
  return [
    ...(way === 'silence' ? [started(id), ...preVotes] : [told(id), started(id)]),
    line(`${id} became candidate at term ${term}`),
    votes('MsgVoteResp'),
    won(id, term),
    line(`raft.node: ${id} elected leader ${id} at term ${term}`),
    line(`Raft leader changed: 0 -> ${id}`),
    line('Start accepting requests as Raft leader at block [<n>]'),
  ];
}

/** Coming back to a channel that has a leader: the pre-vote is refused, the term stays. */
export function returnLines(id: number, leaderId: number): RegExp[] {
  return [
    line(`${id} became follower at term <n>`),
    line(`${id} is starting a new election at term <n>`),
    line(`${id} became pre-candidate at term <n>`),
    line(`${id} became follower at term <n>`),
    line(`raft.node: ${id} elected leader ${leaderId} at term <n>`),
    line(`Raft leader changed: 0 -> ${leaderId}`),
  ];
}

/**
 * What the leader says to the one that comes back. By the lease; but who was killed asks for the very term that has a
 * leader by now, and etcd's Raft refuses that before it looks at the lease.
 */
export function refusalLine(id: number, wentBy: 'stop' | 'kill'): RegExp {
  const ignored = line(
    `<n> <log> ignored MsgPreVote from ${id} <log> at term <n>: lease is not expired (remaining ticks: <n>)`,
  );
  const rejected = line(`<n> <log> rejected MsgPreVote from ${id} <log> at term <n>`);
  return wentBy === 'stop' ? ignored : new RegExp(`${ignored.source}|${rejected.source}`);
}

export const createdLine = (block: number): RegExp =>
  line(`Created block [${block}], there are 0 blocks in flight`);

export const writingLine = (block: number): RegExp =>
  line(`Writing block [${block}] (Raft index: <n>) to ledger`);
