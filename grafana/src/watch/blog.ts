/**
 * The demonstration of the blog, replayed and held to its word: five orderers, one leads; stop it, another leads; start
 * it again, and it follows. At each step the log lines that people know from etcd's Raft and Fabric, and the queries of
 * the blog's dashboard, letter by letter, are asserted.
 *
 * The first leader is stopped (it hands over, which needs no pre-vote), the second is killed (the others notice by
 * silence, and pre-vote). Every block must be written by every orderer that runs, and by the others once they are back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sample } from './ask.ts';
import { exitCodes, WatchError } from './errors.ts';
import {
  createdLine,
  electionLines,
  electionOf,
  endOf,
  inOrder,
  inWords,
  type LoggingOrderer,
  line,
  linesAfter,
  refusalLine,
  returnLines,
  type Way,
  writingLine,
} from './log-lines.ts';

export interface BlogStage {
  readonly channel: string;
  readonly orderers: readonly LoggingOrderer[];
  ask(expression: string): Promise<Sample[]>;
  stop(orderer: string): Promise<unknown>;
  kill(orderer: string): Promise<unknown>;
  start(orderer: string): Promise<unknown>;
  /** One transaction; returns the number of its block when it is ordered. */
  submit(): Promise<number>;
  /** A step begins: what is done or what was found. */
  step(title: string): void;
  /** How often is looked, a tenth of a second apart, for what should be there. */
  readonly looksMax?: number;
  /** Something is as it should be: a query and its answer, or an orderer and its log line. */
  saw(where: string, what: string): void;
}

/** Looks, not seconds: a machine that was asleep, or is overloaded, has not used up the time. */
const LOOKS_MAX = 400;
const LOOK_AGAIN_MS = 100;

/** Throws a `WatchError`, with what was expected and what was seen, at the first thing that is not as in the blog. */
export async function replayBlog(stage: BlogStage): Promise<void> {
  const first = await leaderOf(stage);
  stage.step(`${first.name} leads ${stage.channel}, term ${first.term}`);
  await expectQueries(stage, { leader: first.name, reporting: stage.orderers.length });
  await expectElection(stage, first, 0);
  await expectBlock(stage, first, []);
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
  const ofChannel = `channel="${stage.channel}"`;
  const name = await until(stage, 'one orderer leads', async () => {
    const leading = await stage.ask(`cairn_raft_is_leader{${ofChannel}} == 1`);
    const [only] = leading.map(({ labels }) => labels.instance ?? '');
    return leading.length === 1 && only !== except ? only : null;
  });
  const own = async (metric: string): Promise<number> => {
    const [sample] = await stage.ask(`${metric}{${ofChannel},instance="${name}"}`);
    return sample?.value ?? 0;
  };
  return { name, id: await own('cairn_raft_leader_id'), term: await own('cairn_raft_term') };
}

/** The leader goes, another leads; it comes back and follows. */
async function replace(stage: BlogStage, old: Leader, how: 'stop' | 'kill'): Promise<Leader> {
  const ends = endsOf(stage);
  stage.step(`npx cairn ${how} ${old.name}`);
  await stage[how](old.name);
  const next = await leaderOf(stage, old.name);
  const since = (name: string): number => ends.get(name) ?? 0;
  if (how === 'stop') {
    const handsOver = [line(`${old.id} starts to transfer leadership to ${next.id}`)];
    await expectLog(stage, old.name, since(old.name), handsOver);
  }
  const way = await expectElection(stage, next, since(next.name));
  if (how === 'stop' && way !== 'handOver')
    throw differs(`${next.name} was not told to take over.`);
  await expectQueries(stage, { leader: next.name, reporting: stage.orderers.length - 1 });
  const missed = await expectBlock(stage, next, [old.name]);
  await expectReturn(stage, { old, next, how, missed });
  return next;
}

interface Return {
  readonly old: Leader;
  readonly next: Leader;
  /** How the old one went. */
  readonly how: 'stop' | 'kill';
  /** A block that was ordered without it. */
  readonly missed: number;
}

async function expectReturn(stage: BlogStage, { old, next, how, missed }: Return): Promise<void> {
  const ends = endsOf(stage);
  stage.step(`npx cairn start ${old.name}`);
  await stage.start(old.name);
  const fromByte = ends.get(old.name) ?? 0;
  await expectLog(stage, old.name, fromByte, returnLines(old.id, next.id));
  await expectLog(stage, next.name, ends.get(next.name) ?? 0, [refusalLine(old.id, how)]);
  await expectLog(stage, old.name, fromByte, [writingLine(missed)]);
  await expectQueries(stage, { leader: next.name, reporting: stage.orderers.length });
  const { term } = await leaderOf(stage);
  if (term !== next.term) throw differs(`The term moved from ${next.term} to ${term}.`);
  stage.saw('term', `still ${term}: ${old.name} has disturbed nobody`);
  await expectBlock(stage, next, []);
}

/** Every line of the election that made it leader, the first to the last; how it began. */
async function expectElection(stage: BlogStage, leader: Leader, fromByte: number): Promise<Way> {
  const { name, id, term } = leader;
  const lines = () => linesAfter(orderer(stage, name), stage.channel, fromByte);
  const { way } = await until(
    stage,
    `the log of ${name} tells of its election in term ${term}`,
    () => electionOf(lines(), id, term),
  );
  const quorum = Math.floor(stage.orderers.length / 2) + 1;
  const election = () => electionOf(lines(), id, term)?.lines ?? [];
  await expectLines(stage, name, election, electionLines(leader, quorum, way));
  return way;
}

/** One transaction: the leader creates the block, everybody who runs writes it. Returns its number. */
async function expectBlock(
  stage: BlogStage,
  leader: Leader,
  away: readonly string[],
): Promise<number> {
  const ends = endsOf(stage);
  stage.step(`npx cairn submit -c ${stage.channel} 'watched'`);
  const block = await stage.submit();
  await expectLog(stage, leader.name, ends.get(leader.name) ?? 0, [createdLine(block)]);
  const writing = stage.orderers.filter(({ name }) => !away.includes(name));
  for (const { name } of writing) {
    await expectLog(stage, name, ends.get(name) ?? 0, [writingLine(block)]);
  }
  return block;
}

/** The three queries of the blog, and the two that are better. */
async function expectQueries(
  stage: BlogStage,
  expected: { readonly leader: string; readonly reporting: number },
): Promise<void> {
  const { channel, orderers } = stage;
  const { leader, reporting } = expected;
  const selected = `{channel="${channel}"}`;
  const only = ([sample]: readonly Sample[]) => `${sample?.value}`;
  const all = (samples: readonly Sample[]) => samples.map(({ value }) => value).join(' ');
  const leaders = (samples: readonly Sample[]) =>
    samples.flatMap(({ labels }) => (labels.channel === channel ? [labels.instance] : [])).join();
  const sizes = Array(reporting).fill(orderers.length).join(' ');
  await expectQuery(stage, 'consensus_etcdraft_is_leader>0', leader, leaders);
  await expectQuery(stage, `consensus_etcdraft_cluster_size${selected}`, sizes, all);
  await expectQuery(stage, `count(consensus_etcdraft_is_leader${selected})`, `${reporting}`, only);
  await expectQuery(stage, `max(cairn_raft_active_nodes${selected})`, `${reporting}`, only);
  await expectQuery(stage, `sum(cairn_raft_is_leader${selected})`, '1', only);
}

async function expectQuery(
  stage: BlogStage,
  query: string,
  expected: string,
  read: (samples: readonly Sample[]) => string,
): Promise<void> {
  let seen = '';
  await until(
    stage,
    () => `${query} gives ${expected}, but it gave ${seen || 'nothing'}`,
    async () => {
      seen = read(await stage.ask(query));
      return seen === expected ? true : null;
    },
  );
  stage.saw('query', `${query}  →  ${expected}`);
}

const endsOf = (stage: BlogStage): ReadonlyMap<string, number> =>
  new Map(stage.orderers.map((one) => [one.name, endOf(one)]));

function orderer({ orderers }: BlogStage, name: string): LoggingOrderer {
  const found = orderers.find((one) => one.name === name);
  if (found === undefined) throw differs(`${name} leads, and is not in this cluster.`);
  return found;
}

/** The patterns occur in the log after the byte. */
function expectLog(
  stage: BlogStage,
  name: string,
  fromByte: number,
  patterns: readonly RegExp[],
): Promise<void> {
  const source = orderer(stage, name);
  return expectLines(stage, name, () => linesAfter(source, stage.channel, fromByte), patterns);
}

/** In this order, others between them allowed. */
async function expectLines(
  stage: BlogStage,
  name: string,
  read: () => readonly string[],
  patterns: readonly RegExp[],
): Promise<void> {
  let missing: RegExp | undefined;
  const found = await until(
    stage,
    () => `the log of ${name} says "${missing === undefined ? '' : inWords(missing)}"`,
    () => {
      const matches = inOrder(read(), patterns);
      missing = patterns[matches.length];
      return missing === undefined ? matches : null;
    },
  );
  for (const text of found) stage.saw(name, text);
}

const differs = (sentence: string): WatchError => new WatchError(exitCodes.failed, sentence);

async function until<T>(
  { looksMax = LOOKS_MAX }: BlogStage,
  what: string | (() => string),
  look: () => Promise<T | null | undefined> | T | null | undefined,
): Promise<T> {
  for (let looks = 0; looks < looksMax; looks++) {
    const found = await look();
    if (found !== null && found !== undefined) return found;
    await sleep(LOOK_AGAIN_MS);
  }
  const expected = typeof what === 'string' ? what : what();
  const patienceSeconds = (looksMax * LOOK_AGAIN_MS) / 1000;
  throw differs(`Expected within ${patienceSeconds} s: ${expected}.`);
}
