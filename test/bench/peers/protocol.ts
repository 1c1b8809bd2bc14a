/**
 * What a benchmark tells its client process and hears from it, over Node's own channel between processes.
 *
 * A client is a process of its own, so that its work is counted as its own; when the benchmark ends, however it ends,
 * the channel closes and the client with it.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type LatencyReport, latencyReportOf } from '../support/statistics.ts';

export interface LoadPlan {
  /** NATS address. */
  readonly url: string;
  readonly sizeBytes: number;
  /** Open at once: transactions for Cairn, messages for JetStream. */
  readonly windowSize: number;
  /** Transactions in a message, where the client packs them itself. */
  readonly packedTransactions: number;
  /** Sequential submissions at the idle cluster, before the load. */
  readonly loneTransactions: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface LoadReport {
  /** Acknowledged within the measured time. */
  readonly transactions: number;
  readonly refused: number;
  readonly elapsedMs: number;
  readonly latencyMs: LatencyReport;
  /** Of one transaction at an idle cluster. */
  readonly loneLatencyMs: LatencyReport;
}

export type ClientMessage =
  | { readonly kind: 'measuring' }
  | { readonly kind: 'progress'; readonly transactions: number }
  | { readonly kind: 'measured'; readonly report: LoadReport }
  | { readonly kind: 'failed'; readonly sentence: string };

export interface ClientHandlers<Measured> {
  readonly pid: (pid: number) => void;
  readonly measuring: () => void;
  readonly progress: (transactions: number) => void;
  /** The measured time is over; the client and the cluster still run. */
  readonly measured: () => Measured;
}

export interface ClientProgram {
  /** Beside this file, without its ending. */
  readonly name: 'cairn-client' | 'jetstream-client';
  readonly nodeOptions?: readonly string[];
}

/** Runs a client until it has reported. */
export function runClient<Measured>(
  program: ClientProgram,
  plan: LoadPlan,
  handlers: ClientHandlers<Measured>,
): Promise<{ readonly report: LoadReport; readonly after: Measured }> {
  const file = fileURLToPath(new URL(`./${program.name}.js`, import.meta.url));
  const child = fork(file, [JSON.stringify(plan)], { execArgv: [...(program.nodeOptions ?? [])] });
  handlers.pid(child.pid ?? 0);
  return new Promise((resolve, reject) => {
    let measured: { readonly report: LoadReport; readonly after: Measured } | null = null;
    child.on('message', (message: ClientMessage) => {
      switch (message.kind) {
        case 'measuring':
          return handlers.measuring();
        case 'progress':
          return handlers.progress(message.transactions);
        case 'measured':
          measured = { report: message.report, after: handlers.measured() };
          child.disconnect();
          return;
        case 'failed':
          return reject(new Error(`${program.name}: ${message.sentence}`));
      }
    });
    child.once('exit', (code) => {
      if (measured === null) reject(new Error(`${program.name} ended with ${code}`));
      else resolve(measured);
    });
  });
}

/** In the client: what is measured, and when. */
export class Meter {
  readonly #plan: LoadPlan;
  readonly #latenciesMs: number[] = [];
  #loneLatencyMs: LatencyReport = { p50: Number.NaN, p99: Number.NaN };
  #measuringSinceMs: number | null = null;
  #endAtMs = Number.POSITIVE_INFINITY;
  #transactions = 0;
  #refused = 0;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
  }

  /** `submit` one after the other, each when the one before is acknowledged. */
  async measureLone(submit: () => Promise<unknown>): Promise<void> {
    const { loneTransactions } = this.#plan;
    const latenciesMs = new Float64Array(loneTransactions);
    for (let i = -LONE_WARM_UP; i < loneTransactions; i++) {
      const startMs = performance.now();
      await submit();
      if (i >= 0) latenciesMs[i] = performance.now() - startMs;
    }
    this.#loneLatencyMs = latencyReportOf(latenciesMs);
  }

  /** The load begins now. */
  startLoad(): void {
    const { warmUpMs, measureMs } = this.#plan;
    setTimeout(() => {
      this.#measuringSinceMs = performance.now();
      this.#endAtMs = this.#measuringSinceMs + measureMs;
      tell({ kind: 'measuring' });
    }, warmUpMs);
  }

  get isOver(): boolean {
    return performance.now() >= this.#endAtMs;
  }

  /** So many transactions, begun at `startMs`, were acknowledged now. */
  acknowledged(startMs: number, transactions: number): void {
    const nowMs = performance.now();
    if (this.#measuringSinceMs === null || nowMs >= this.#endAtMs) return;
    this.#transactions += transactions;
    this.#latenciesMs.push(nowMs - startMs);
  }

  refused(transactions: number): void {
    this.#refused += transactions;
  }

  /** Tells the benchmark what was measured, at the end of the measured time. */
  reportAtEnd(): void {
    const timer = setInterval(() => {
      if (!this.isOver) {
        tell({ kind: 'progress', transactions: this.#transactions });
        return;
      }
      clearInterval(timer);
      tell({ kind: 'measured', report: this.#report() });
    }, PROGRESS_MS);
  }

  #report(): LoadReport {
    return {
      transactions: this.#transactions,
      refused: this.#refused,
      elapsedMs: this.#plan.measureMs,
      latencyMs: latencyReportOf(Float64Array.from(this.#latenciesMs)),
      loneLatencyMs: this.#loneLatencyMs,
    };
  }
}

const PROGRESS_MS = 250;
const LONE_WARM_UP = 20;

function tell(message: ClientMessage): void {
  process.send?.(message);
}

/** The main function of a client: one plan, one report; ends when the benchmark does. */
export function runAsClient(run: (plan: LoadPlan) => Promise<void>): void {
  process.on('disconnect', () => process.exit(0));
  // It may have ended while this program was still being loaded.
  if (process.connected !== true) process.exit(0);
  const plan = JSON.parse(process.argv[2] ?? '{}') as LoadPlan;
  run(plan).catch((error: unknown) => {
    tell({ kind: 'failed', sentence: error instanceof Error ? error.message : String(error) });
    setTimeout(() => process.exit(1), PROGRESS_MS);
  });
}
