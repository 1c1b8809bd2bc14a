/**
 * What a story can say: each command a sentence, a pattern and what it does. Names are `orderer3`, several of them, `the
 * leader`, `the others` (all but those named first) or `all`.
 */
import type { Cluster } from '../simulation/cluster.ts';
import { giveLog } from './given.ts';
import { tableOfEntries, tableOfTerms } from './logs.ts';
import type { Topic } from './teller.ts';
import type { Theatre, Wish } from './theatre.ts';

type Act = (theatre: Theatre) => void;

type Make = (...groups: string[]) => Act;

function namesIn(theatre: Theatre, words: string, besides: readonly string[] = []): string[] {
  if (words === 'the leader') return [theatre.leader];
  if (words === 'all') return theatre.names;
  if (words === 'the others') return theatre.names.filter((name) => !besides.includes(name));
  const names = words.split(/, | and /);
  for (const name of names) theatre.node(name);
  return names;
}

const each =
  (words: string, act: (theatre: Theatre, name: string) => void): Act =>
  (theatre) => {
    for (const name of namesIn(theatre, words)) act(theatre, name);
  };

const between =
  (from: string, to: string, act: (theatre: Theatre, from: string[], to: string[]) => void): Act =>
  (theatre) => {
    const first = namesIn(theatre, from);
    act(theatre, first, namesIn(theatre, to, first));
  };

const cutBothWays = (theatre: Theatre, from: string[], to: string[]): void => {
  theatre.setCut(from, to, true);
  theatre.setCut(to, from, true);
};

function wishesIn(text: string): Wish[] {
  return [...text.matchAll(/"([^"]*)" as ([\w-]+)/g)].map(([, payload, id]) => ({
    id: id!,
    text: payload!,
  }));
}

const topics: Readonly<Record<string, readonly Topic[]>> = {
  nothing: [],
  elections: ['elections'],
  entries: ['entries'],
  'elections and entries': ['elections', 'entries'],
};

function tell(what: string): Act {
  const told = topics[what];
  if (told === undefined) throw new Error(`nothing is told of ${what}`);
  return (theatre) => {
    theatre.teller.topics = new Set(told);
  };
}

const commands: readonly (readonly [RegExp, Make])[] = [
  // Machines.
  [
    /^start (\d+) orderers, (orderer\d+) leads$/,
    (_, name) => (theatre) => theatre.startLedBy(name!),
  ],
  [/^prepare (\d+) orderers$/, () => () => {}],
  [
    /^give (orderer\d+) the log ([\d ]+), and term (\d+)$/,
    (name, terms, heardOf) => (theatre) =>
      giveLog(theatre.cluster, name!, terms!.split(' ').map(Number), Number(heardOf)),
  ],
  [/^start (.+)$/, (names) => each(names!, (theatre, name) => theatre.node(name).start())],
  [/^kill (.+)$/, (names) => each(names!, (theatre, name) => theatre.node(name).crash())],
  [/^stop (.+)$/, (names) => each(names!, (theatre, name) => theatre.node(name).stop())],
  // Network.
  [
    /^cut the way from (.+) to (.+)$/,
    (from, to) => between(from!, to!, (theatre, one, other) => theatre.setCut(one, other, true)),
  ],
  [/^cut (.+) from (.+)$/, (from, to) => between(from!, to!, cutBothWays)],
  [
    /^slow (.+) to (.+) by (\d+) ms$/,
    (from, to, ms) =>
      between(from!, to!, (theatre, one, other) => theatre.slow(one, other, Number(ms))),
  ],
  [/^heal the network$/, () => (theatre) => theatre.heal()],
  // Time.
  [
    /^let (.+), then (.+) time out first$/,
    (first, second) => (theatre) =>
      theatre.timeOutFirst(namesIn(theatre, first!), namesIn(theatre, second!)),
  ],
  [
    /^let (.+) time out first$/,
    (names) => (theatre) => theatre.timeOutFirst(namesIn(theatre, names!)),
  ],
  [/^run for (\d+) ms$/, (ms) => (theatre) => theatre.run(Number(ms))],
  [/^run until (.+)$/, (what) => (theatre) => theatre.until(what!, conditionOf(theatre, what!))],
  // What is seen.
  [/^tell (.+)$/, (what) => tell(what!)],
  // People.
  [
    /^submit ((?:"[^"]*" as [\w-]+(?:, )?)+)$/,
    (what) => (theatre) => theatre.submit(wishesIn(what!), theatre.leader),
  ],
  [
    /^make (.+) the voters$/,
    (names) => (theatre) => theatre.changeVoters(namesIn(theatre, names!)),
  ],
];

type Condition = () => boolean;

const conditions: readonly (readonly [
  RegExp,
  (theatre: Theatre, ...groups: string[]) => Condition,
])[] = [
  [/^(orderer\d+) leads$/, (theatre, name) => () => theatre.channel(name!).isLeader],
  [
    /^(orderer\d+) has voted for (orderer\d+)$/,
    (theatre, name, to) => {
      const id = theatre.channel(name!).memberNamed(to!);
      return () => theatre.channel(name!).status.vote === id;
    },
  ],
  [
    /^(orderer\d+) has index (\d+) on disk$/,
    (theatre, name, index) => () => theatre.hasOnDisk(name!, Number(index)),
  ],
  [/^all logs agree$/, (theatre) => () => theatre.isAgreed],
  [/^the client is told of ([\w-]+)$/, (theatre, id) => () => theatre.isAnswered(id!)],
  [/^the change is made$/, (theatre) => () => theatre.isChangeMade && theatre.isAgreed],
];

function conditionOf(theatre: Theatre, what: string): Condition {
  for (const [pattern, make] of conditions) {
    const found = pattern.exec(what);
    if (found !== null) return make(theatre, ...found.slice(1));
  }
  throw new Error(`nothing is known of "${what}"`);
}

/** How many orderers a story's first command asks for. */
export function orderersIn(command: string): number {
  const count = /^(?:start|prepare) (\d+) orderers/.exec(command)?.[1];
  if (count === undefined)
    throw new Error('a story begins with "start" or "prepare", and how many orderers');
  return Number(count);
}

const tables: Readonly<Record<string, (cluster: Cluster) => string[]>> = {
  'show logs': tableOfEntries,
  'show terms': tableOfTerms,
};

/** What it shows, beside what the teller hears on the way. */
export function carryOut(theatre: Theatre, command: string): readonly string[] {
  const table = tables[command];
  if (table !== undefined) return table(theatre.cluster);
  for (const [pattern, make] of commands) {
    const found = pattern.exec(command);
    if (found === null) continue;
    make(...found.slice(1))(theatre);
    return [];
  }
  throw new Error(`nobody knows how to "${command}"`);
}
