/**
 * The directives of interaction files: what each makes the nodes do and writes to the transcript.
 */

import {
  type ConfChange,
  EMPTY_CONF,
  type RaftOptions,
  type SnapshotMeta,
  toIndex,
  toMemberId,
  toTerm,
} from '@cairn/raft';
import { parseOperations } from '../confchange.ts';
import { type Argument, type Case, valuesOf } from '../datadriven.ts';
import { Environment, type Level, levels, type Recipient } from './environment.ts';
import { describeEntries, describeMessage, describeProgress, roleName } from './format.ts';

type Directive = (environment: Environment, test: Case) => void;

/** A directive could not do what it says; the text belongs to the transcript. */
class DirectiveError extends Error {}

const electionTicks = 3;
const heartbeatTicks = 1;

const directives: Readonly<Record<string, Directive>> = {
  'add-nodes': addNodes,
  campaign: (environment, test) => {
    nodeOf(environment, test).act((core) => core.campaign());
  },
  compact,
  'deliver-msgs': deliver,
  'log-level': (environment, test) => setLevel(environment, test.args[0]?.key ?? ''),
  'process-ready': processReady,
  propose,
  'propose-conf-change': proposeChange,
  'raft-log': (environment, test) => writeLog(environment, idOf(test)),
  'raft-state': raftState,
  'report-unreachable': (environment, test) => {
    const to = toMemberId(Number(test.args[1]?.key));
    nodeOf(environment, test).act((core) => core.unreachable(to));
  },
  'send-snapshot': sendSnapshot,
  'set-randomized-election-timeout': (environment, test) => {
    nodeOf(environment, test).electionTimeout = Number(valuesOf(test.args, 'timeout')[0]);
  },
  stabilize,
  status,
  'tick-election': (environment, test) => tick(environment, test, electionTicks),
  'tick-heartbeat': (environment, test) => tick(environment, test, heartbeatTicks),
  'transfer-leadership': (environment, test) => {
    const [from, to] = ['from', 'to'].map((key) => Number(valuesOf(test.args, key)[0]));
    environment.node(Number(from)).act((core) => core.transferTo(toMemberId(Number(to))));
  },
};

/** A handler with the state of one file. */
export function interactionRunner(): (test: Case) => string {
  const environment = new Environment();
  return (test) => {
    const problem = run(environment, test);
    const transcript = environment.takeTranscript();
    if (problem !== null) return environment.isQuiet ? problem : transcript + problem;
    return transcript === '' ? 'ok' : transcript;
  };
}

/** Runs one directive; returns the text of what went wrong, if it is part of the protocol. */
function run(environment: Environment, test: Case): string | null {
  const directive = directives[test.command];
  if (directive === undefined) return `unknown command ${test.command}`;
  try {
    directive(environment, test);
    return null;
  } catch (error) {
    if (error instanceof DirectiveError) return error.message;
    throw error;
  }
}

const idOf = (test: Case): number => Number(test.args[0]?.key);

const nodeOf = (environment: Environment, test: Case) => environment.node(idOf(test));

/** The ids among the arguments; all nodes if there are none. */
function idsOf(environment: Environment, args: readonly Argument[]): number[] {
  const ids = args.filter((arg) => /^\d+$/.test(arg.key)).map((arg) => Number(arg.key));
  return ids.length > 0 ? ids : environment.nodes.map((_, at) => at + 1);
}

function addNodes(environment: Environment, test: Case): void {
  const count = idOf(test);
  const bootstrap = bootstrapOf(test.args);
  if (test.args.length > 1 && isBootstrap(test.args) && bootstrap.index <= 1) {
    throw new DirectiveError('index must be specified as > 1 due to bootstrap');
  }
  const refuseUnfitChanges = !isSet(test.args, 'disable-conf-change-validation');
  for (let added = 0; added < count; added++) {
    const options = optionsOf(environment.nodes.length + 1, test.args);
    environment.addNode({ options, refuseUnfitChanges, bootstrap });
  }
}

const isBootstrap = (args: readonly Argument[]): boolean =>
  args.some((arg) => ['voters', 'learners', 'index', 'content'].includes(arg.key));

function bootstrapOf(args: readonly Argument[]): SnapshotMeta {
  const ids = (key: string) => valuesOf(args, key).map((value) => toMemberId(Number(value)));
  const index = Number(valuesOf(args, 'index')[0] ?? 0);
  return {
    index: toIndex(index),
    term: toTerm(isBootstrap(args) ? 1 : 0),
    conf: { ...EMPTY_CONF, voters: ids('voters'), learners: ids('learners') },
    data: new TextEncoder().encode(valuesOf(args, 'content')[0] ?? ''),
  };
}

function isSet(args: readonly Argument[], key: string): boolean {
  return valuesOf(args, key)[0] === 'true';
}

/** Etcd's harness sets no size limits but those named in the directive. */
function optionsOf(id: number, args: readonly Argument[]): RaftOptions {
  const unlimited = Number.MAX_SAFE_INTEGER;
  const limit = (key: string): number => Number(valuesOf(args, key)[0] ?? unlimited);
  return {
    id: toMemberId(id),
    electionTicks,
    heartbeatTicks,
    preVote: isSet(args, 'prevote'),
    checkQuorum: isSet(args, 'checkquorum'),
    stepDownOnRemoval: isSet(args, 'step-down-on-removal'),
    validateConfChange: false,
    appendBytesMax: unlimited,
    inflightAppendsMax: limit('inflight'),
    inflightBytesMax: unlimited,
    uncommittedBytesMax: unlimited,
    applyBytesMax: limit('max-committed-size-per-ready'),
  };
}

function setLevel(environment: Environment, name: string): void {
  const level = levels.find((each) => each === name.toLowerCase());
  if (level === undefined) throw new DirectiveError(`log levels must be either of ${levels}`);
  environment.level = level;
}

function processReady(environment: Environment, test: Case): void {
  const ids = idsOf(environment, test.args);
  for (const id of ids) {
    if (ids.length === 1) return environment.processReady(id);
    environment.write(`> ${id} handling Ready`);
    environment.indented(() => environment.processReady(id));
  }
}

function propose(environment: Environment, test: Case): void {
  const data = new TextEncoder().encode(test.args[1]?.key ?? '');
  if (!nodeOf(environment, test).propose(data)) throw new DirectiveError('raft proposal dropped');
}

function proposeChange(environment: Environment, test: Case): void {
  const transition = (valuesOf(test.args, 'transition')[0] ?? 'auto') as ConfChange['transition'];
  const operations = parseOperations(test.input);
  const v1 = isSet(test.args, 'v1');
  if (v1 && (operations.length > 1 || transition !== 'auto')) {
    throw new DirectiveError('v1 conf change can only have one operation and no transition');
  }
  const accepted = nodeOf(environment, test).proposeChange({ transition, operations }, v1);
  if (!accepted) throw new DirectiveError('raft proposal dropped');
}

function deliver(environment: Environment, test: Case): void {
  const type = valuesOf(test.args, 'type')[0] ?? null;
  let count = 0;
  for (const recipient of recipientsOf(test.args)) count += environment.deliver(recipient, type);
  if (count === 0) environment.write('no messages');
}

function recipientsOf(args: readonly Argument[]): Recipient[] {
  return args.flatMap((arg): Recipient[] => {
    if (arg.key === 'drop') return arg.values.map((id) => ({ id: Number(id), drop: true }));
    return arg.values.length === 0 ? [{ id: Number(arg.key), drop: false }] : [];
  });
}

function stabilize(environment: Environment, test: Case): void {
  const before = environment.level;
  const level = valuesOf(test.args, 'log-level')[0] as Level | undefined;
  if (level !== undefined) setLevel(environment, level);
  environment.stabilize(idsOf(environment, test.args));
  environment.level = before;
}

function tick(environment: Environment, test: Case, count: number): void {
  const node = nodeOf(environment, test);
  for (let done = 0; done < count; done++) node.act((core) => core.tick());
}

function writeLog(environment: Environment, id: number): void {
  const { storage } = environment.node(id);
  const { firstIndex, lastIndex } = storage;
  const empty = `log is empty: first index=${firstIndex}, last index=${lastIndex}`;
  environment.write(lastIndex < firstIndex ? empty : describeEntries(storage.entries));
}

function compact(environment: Environment, test: Case): void {
  const index = Number(test.args[1]?.key);
  const node = nodeOf(environment, test);
  node.storage.compact(index);
  node.act((core) => core.compact(toIndex(index)));
  writeLog(environment, idOf(test));
}

function status(environment: Environment, test: Case): void {
  const { progress } = nodeOf(environment, test).core.status;
  environment.write(progress.map((each) => `${describeProgress(each)}\n`).join(''));
}

function raftState(environment: Environment): void {
  for (const { core } of environment.nodes) {
    const { id, role, term, leader, conf } = core.status;
    const voter = [...conf.voters, ...conf.outgoing].includes(id) ? 'Voter' : 'Non-Voter';
    environment.write(`${id}: ${roleName(role)} (${voter}) Term:${term} Lead:${leader}`);
  }
}

function sendSnapshot(environment: Environment, test: Case): void {
  const [from, to] = test.args.map((arg) => toMemberId(Number(arg.key)));
  const node = environment.node(Number(from));
  const message = {
    type: 'snapshot',
    from: from ?? toMemberId(0),
    to: to ?? toMemberId(0),
    term: node.core.term,
    snapshot: node.storage.newestSnapshot,
  } as const;
  environment.messages.push(message);
  environment.write(describeMessage(message));
}
