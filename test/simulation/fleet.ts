/**
 * Many seeds over several processes. Each works on one seed at a time and gets the next when it is done; a process that dies
 * is a failed seed, and another takes its place.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Outcome } from './worker.ts';

export interface Fleet {
  readonly workers: number;
  readonly orders: Iterable<Order>;
  readonly done: (order: Order, outcome: Outcome | 'died') => void;
}

const worker = fileURLToPath(new URL('./worker.js', import.meta.url));
/**
 * Short-lived objects by the million: a large nursery halves what collecting them costs. As many workers as cores leave no
 * core for collecting beside them. And a run is over before the V8 of Node 20 thinks its functions worth compiling, each of
 * which runs once an event: it is told to think of it sooner, and to compile everything quickly once meanwhile. Later ones
 * have a compiler between the two, and no such budget.
 */
const collector = ['--min-semi-space-size=32', '--max-semi-space-size=64', '--single-threaded-gc'];
const compiler = [
  '--always-sparkplug',
  '--no-lazy-feedback-allocation',
  '--interrupt-budget=20000',
];
const NODE_WITHOUT_BUDGET = 21;
const isBudgeted = Number.parseInt(process.versions.node, 10) < NODE_WITHOUT_BUDGET;
const engine = [...collector, ...(isBudgeted ? compiler : [])];

export async function sail({ workers, orders, done }: Fleet): Promise<void> {
  const waiting = orders[Symbol.iterator]();
  await Promise.all(Array.from({ length: workers }, () => serve(waiting, done)));
}

async function serve(waiting: Iterator<Order>, done: Fleet['done']): Promise<void> {
  let child: ChildProcess | null = null;
  for (let next = waiting.next(); !next.done; next = waiting.next()) {
    child ??= fork(worker, ['worker'], { execArgv: engine });
    const outcome = await ask(child, next.value);
    if (outcome === 'died') child = null;
    done(next.value, outcome);
  }
  child?.disconnect();
}

function ask(child: ChildProcess, order: Order): Promise<Outcome | 'died'> {
  return new Promise((resolve) => {
    const settle = (outcome: Outcome | 'died') => {
      child.removeAllListeners('message');
      child.removeAllListeners('exit');
      resolve(outcome);
    };
    child.once('message', (message) => settle(message as Outcome));
    child.once('exit', () => settle('died'));
    child.send(order);
  });
}
