/**
 * Many seeds over all cores: progress, failures as they come, and what it all came to.
 *
 * Asked to end (SIGINT, SIGTERM), it finishes the seeds it has begun and says how to go on. With a file for its totals it
 * goes on by itself: the same command again takes up where the last one ended.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { stderr } from 'node:process';
import { sail } from './fleet.ts';
import { InOrder } from './in-order.ts';
import { type SimulationOptions, UsageError } from './options.ts';
import { describeFailure, noTotals, Summary, type Totals } from './summary.ts';
import type { Order, Outcome } from './worker.ts';

/** How often the totals are put down, and progress is told to who is no terminal. */
const EVERY_MS = 30_000;

type Say = (line: string) => void;

export async function runMany(options: SimulationOptions, say: Say): Promise<number> {
  const many = new Many(options, say);
  await many.run();
  return many.tell();
}

class Many {
  readonly #options: SimulationOptions;
  readonly #say: Say;
  readonly #summary: Summary;
  /** Seeds are counted in their order, whichever ends first. */
  readonly #ended: InOrder<Outcome | 'died'>;
  readonly #until: number;
  readonly #startedAtMs = Date.now();
  readonly #seedsBefore: number;
  #isEnding = false;
  #toldAtMs = Date.now();

  constructor(options: SimulationOptions, say: Say) {
    this.#options = options;
    this.#say = say;
    const totals = totalsToGoOnFrom(options);
    this.#summary = new Summary(totals);
    this.#seedsBefore = totals.seeds;
    this.#until = options.from + options.seeds;
    this.#ended = new InOrder(this.#next, (seed, outcome) => this.#count(seed, outcome));
  }

  async run(): Promise<void> {
    const end = () => {
      this.#isEnding = true;
    };
    process.on('SIGINT', end).on('SIGTERM', end);
    // Who cannot write it learns it now, and not hours later.
    this.#putDown();
    const { workers, seeds } = this.#options;
    const orders = this.#orders();
    const done = (order: Order, outcome: Outcome | 'died') => this.#done(order, outcome);
    await sail({ workers: workers ?? Math.min(availableParallelism(), seeds), orders, done });
    process.off('SIGINT', end).off('SIGTERM', end);
    if (stderr.isTTY) stderr.write('\r\x1b[K');
    this.#putDown();
  }

  get #next(): number {
    const { from, seeds } = this.#summary.totals;
    return from + seeds;
  }

  *#orders(): Generator<Order> {
    const { profile, safetyMs } = this.#options;
    for (let seed = this.#next; seed < this.#until && !this.#isEnding; seed++) {
      yield { seed, profile, safetyMs };
    }
  }

  #done(order: Order, outcome: Outcome | 'died'): void {
    if (outcome === 'died') stderr.write(`the process that ran seed ${order.seed} died\n`);
    else if (outcome.result.failure !== null) this.#tellFailure(outcome);
    this.#ended.add(order.seed, outcome);
    this.#showProgress();
  }

  #count(seed: number, outcome: Outcome | 'died'): void {
    if (outcome === 'died') this.#summary.addDeath(seed);
    else this.#summary.add(outcome);
  }

  #tellFailure({ result }: Outcome): void {
    const { json } = this.#options;
    this.#say(json ? JSON.stringify({ type: 'failure', ...result }) : describeFailure(result));
  }

  #showProgress(): void {
    if (stderr.isTTY) stderr.write(`\r\x1b[K${this.#progress}`);
    if (Date.now() - this.#toldAtMs < EVERY_MS) return;
    this.#toldAtMs = Date.now();
    if (!stderr.isTTY) stderr.write(`${this.#progress}\n`);
    this.#putDown();
  }

  get #progress(): string {
    const { seeds, failures } = this.#summary.totals;
    const perSeedMs = (Date.now() - this.#startedAtMs) / (seeds - this.#seedsBefore);
    const minutes = Math.ceil((perSeedMs * (this.#until - this.#next)) / 60_000);
    return `${seeds} of ${this.#options.seeds} seeds, ${failures.length} failed, ${minutes} min to go`;
  }

  #putDown(): void {
    const { out } = this.#options;
    if (out === null) return;
    writeFileSync(`${out}.new`, `${JSON.stringify(this.#summary.json, null, 2)}\n`);
    renameSync(`${out}.new`, out);
  }

  tell(): number {
    const { json } = this.#options;
    const summary = this.#summary;
    this.#say(json ? JSON.stringify({ type: 'summary', ...summary.json }) : summary.text);
    const left = this.#until - this.#next;
    if (left > 0) stderr.write(`go on: npm run sim -- --from ${this.#next} --seeds ${left}\n`);
    return summary.hasFailed || left > 0 ? 1 : 0;
  }
}

/** Of another profile, length or first seed: nothing to go on from, and nothing to write over. */
function totalsToGoOnFrom({ out, profile, safetyMs, from }: SimulationOptions): Totals {
  if (out === null || !existsSync(out)) return noTotals(profile, safetyMs, from);
  const totals = JSON.parse(readFileSync(out, 'utf8')) as Totals;
  const isSame = totals.profile === profile && totals.safetyMs === safetyMs && totals.from === from;
  if (!isSame) throw new UsageError(`${out} holds what other seeds came to: take another file`);
  return totals;
}
