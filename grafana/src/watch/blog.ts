/**
 * The demonstration of the blog, replayed and held to its word: five orderers, one leads; stop it, another leads; start
 * it again, and it follows. At each step the log lines that people know from etcd's Raft and Fabric, and the three
 * queries of the blog's dashboard, are asserted.
 *
 * The first leader is stopped (it hands over, which needs no pre-vote), the second is killed (the others notice by
 * silence, and pre-vote).
 */
import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sample } from './ask.ts';

export interface BlogStage {
  readonly channel: string;
  readonly orderers: readonly { readonly name: string; readonly log: string }[];
  ask(expression: string): Promise<Sample[]>;
  stop(orderer: string): Promise<unknown>;
  kill(orderer: string): Promise<unknown>;
  start(orderer: string): Promise<unknown>;
  /** One transaction; returns when it is ordered. */
  submit(): Promise<unknown>;
  say(line: string): void;
}

const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 100;

export class BlogError extends Error {}

/** Throws `BlogError`, with what was expected and what was seen, at the first thing that is not as in the blog. */
export async function replayBlog(stage: BlogStage): Promise<void> {
  const first = await leaderOf(stage);
  stage.say(`▸ ${first.name} leads ${stage.channel}`);
  await expectQueries(stage, { leader: first.name, reporting: stage.orderers.length });
  await expectLog(stage, { name: first.name, from: 0 }, leaderLines(stage, first.id));
  await expectBlock(stage, first.name);
  const second = await replace(stage, first, 'stop');
  await replace(stage, second, 'kill');
}

interface Leader {
  readonly name: string;
  readonly id: number;
  readonly term: number;
}

/** From the metrics, when exactly one says that it leads. */
async function leaderOf(stage: BlogStage, except = ''): Promise<Leader> {
  const { channel } = stage;
  const name = await until('one orderer leads', async () => {
    const leading = await stage.ask(`cairn_raft_is_leader{channel="${channel}"} == 1`);
    const [only] = leading.map(({ labels }) => labels.instance ?? '');
    return leading.length === 1 && only !== except ? only : null;
  });
  const own = async (metric: string): Promise<number> => {
    const [sample] = await stage.ask(`${metric}{channel="${channel}",instance="${name}"}`);
    return sample?.value ?? 0;
  };
  return { name, id: await own('cairn_raft_leader_id'), term: await own('cairn_raft_term') };
}

/** The leader goes, another leads; it comes back and follows. */
async function replace(stage: BlogStage, old: Leader, how: 'stop' | 'kill'): Promise<Leader> {
  const marks = marksOf(stage);
  stage.say(`▸ ${how} ${old.name}`);
  await stage[how](old.name);
  const next = await leaderOf(stage, old.name);
  stage.say(`  ${next.name} leads, term ${next.term}`);
  await expectQueries(stage, { leader: next.name, reporting: stage.orderers.length - 1 });
  const campaign = how === 'stop' ? [] : preVoteLines(stage, next.id);
  const lines = [/^\d+ is starting a new election at term \d+$/, ...campaign];
  await expectLog(stage, marks.get(next.name)!, [...lines, ...leaderLines(stage, next.id)]);
  await expectBlock(stage, next.name);
  await expectReturn(stage, old, next);
  return next;
}

async function expectReturn(stage: BlogStage, old: Leader, next: Leader): Promise<void> {
  const marks = marksOf(stage);
  stage.say(`▸ start ${old.name}`);
  await stage.start(old.name);
  await expectQueries(stage, { leader: next.name, reporting: stage.orderers.length });
  await expectLog(stage, marks.get(old.name)!, [
    new RegExp(`^${old.id} became follower at term \\d+$`),
    new RegExp(`^${old.id} is starting a new election at term \\d+$`),
    new RegExp(`^${old.id} became pre-candidate at term \\d+$`),
    new RegExp(`^Raft leader changed: 0 -> ${next.id}$`),
  ]);
  // Who was killed asks for a term that has a leader already: that is refused before anybody looks at the lease.
  await expectLog(stage, marks.get(next.name)!, [
    new RegExp(
      `^.*(ignored MsgPreVote from ${old.id} .*: lease is not expired \\(remaining ticks: \\d+\\)|rejected MsgPreVote from ${old.id} .*)$`,
    ),
  ]);
  const { term } = await leaderOf(stage);
  if (term !== next.term) throw new BlogError(`The term moved from ${next.term} to ${term}.`);
  stage.say(`  ${old.name} follows, the term is still ${term}`);
}

/** As many votes as are needed, of a kind. */
function votesLine({ orderers }: BlogStage, id: number, kind: string): RegExp {
  const needed = Math.floor(orderers.length / 2) + 1;
  const votes = `has received ${needed} ${kind} votes and \\d+ vote rejections`;
  return new RegExp(`^${id} \\[quorum:${needed}\\] ${votes}$`);
}

function preVoteLines(stage: BlogStage, id: number): RegExp[] {
  return [
    new RegExp(`^${id} became pre-candidate at term \\d+$`),
    votesLine(stage, id, 'MsgPreVoteResp'),
  ];
}

function leaderLines(stage: BlogStage, id: number): RegExp[] {
  return [
    new RegExp(`^${id} became candidate at term \\d+$`),
    votesLine(stage, id, 'MsgVoteResp'),
    new RegExp(`^${id} became leader at term \\d+$`),
    new RegExp(`^Raft leader changed: 0 -> ${id}$`),
    /^Start accepting requests as Raft leader at block \[\d+\]$/,
  ];
}

async function expectBlock(stage: BlogStage, leader: string): Promise<void> {
  const mark = marksOf(stage).get(leader)!;
  await stage.submit();
  await expectLog(stage, mark, [/^Created block \[\d+\], there are 0 blocks in flight$/]);
}

/** The three queries of the blog, letter by letter. */
async function expectQueries(
  stage: BlogStage,
  expected: { readonly leader: string; readonly reporting: number },
): Promise<void> {
  const { channel, orderers } = stage;
  const { leader, reporting } = expected;
  const ofChannel = `{channel="${channel}"}`;
  await expectQuery(stage, 'consensus_etcdraft_is_leader>0', leader, (samples) =>
    samples.flatMap(({ labels }) => (labels.channel === channel ? [labels.instance] : [])).join(),
  );
  const sizes = Array(reporting).fill(orderers.length).join(' ');
  await expectQuery(stage, `consensus_etcdraft_cluster_size${ofChannel}`, sizes, (samples) =>
    samples.map(({ value }) => value).join(' '),
  );
  const count = `count(consensus_etcdraft_is_leader${ofChannel})`;
  await expectQuery(stage, count, `${reporting}`, ([sample]) => `${sample?.value}`);
}

async function expectQuery(
  stage: BlogStage,
  query: string,
  expected: string,
  read: (samples: readonly Sample[]) => string,
): Promise<void> {
  let seen = '';
  await until(
    () => `${query} gives ${expected}, but it gave ${seen}`,
    async () => {
      seen = read(await stage.ask(query));
      return seen === expected ? true : null;
    },
  );
  stage.say(`  ✓ ${query.padEnd(62)} ${expected}`);
}

interface Mark {
  readonly name: string;
  /** Bytes of the log that were there. */
  readonly from: number;
}

function marksOf(stage: BlogStage): ReadonlyMap<string, Mark> {
  return new Map(stage.orderers.map(({ name, log }) => [name, { name, from: statSync(log).size }]));
}

/** The patterns occur in the log after the mark, in this order, others between them allowed. */
async function expectLog(stage: BlogStage, mark: Mark, patterns: readonly RegExp[]): Promise<void> {
  let missing: RegExp | undefined;
  const found = await until(
    () => `the log of ${mark.name} says ${missing?.source}`,
    () => {
      const lines = linesAfter(stage, mark);
      const matches = inOrder(lines, patterns);
      missing = patterns[matches.length];
      return missing === undefined ? matches : null;
    },
  );
  for (const line of found) stage.say(`  ✓ ${mark.name}: ${line}`);
}

function inOrder(lines: readonly string[], patterns: readonly RegExp[]): string[] {
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

/** What was logged about the channel. */
function linesAfter({ channel, orderers }: BlogStage, { name, from }: Mark): string[] {
  const log = orderers.find((orderer) => orderer.name === name)?.log ?? '';
  const text = readFileSync(log).subarray(from).toString('utf8');
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{') || !line.endsWith('}')) return [];
    const entry = JSON.parse(line) as { readonly channel?: string; readonly msg: string };
    return entry.channel === channel ? [entry.msg] : [];
  });
}

async function until<T>(
  what: string | (() => string),
  look: () => Promise<T | null | undefined> | T | null | undefined,
): Promise<T> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined) return found;
    if (performance.now() > deadlineMs) {
      const expected = typeof what === 'string' ? what : what();
      throw new BlogError(`Expected within ${PATIENCE_MS / 1000} s: ${expected}.`);
    }
    await sleep(LOOK_AGAIN_MS);
  }
}
