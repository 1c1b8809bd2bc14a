/**
 * Load on a channel: workers that submit one transaction after another, and what they measured.
 *
 * Latency is what an application sees: from `submit` to the receipt, that is until a majority has it on disk.
 */
import type { ChannelClient } from '@cairn/client';
import { CairnError } from '@cairn/transport';

export interface LoadPlan {
  /** One for each connection. */
  readonly channels: readonly ChannelClient[];
  /** Submissions open at once on each connection. */
  readonly concurrency: number;
  readonly sizeBytes: number;
  /** Ends after so many submissions or so long, whichever comes first. */
  readonly transactionsMax: number;
  readonly durationMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface LoadReport {
  readonly transactions: number;
  /** By error code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
  readonly transactionsPerSecond: number;
  readonly mebibytesPerSecond: number;
  readonly latencyMs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly blocks: { readonly first: number; readonly last: number };
}

interface Measurements {
  begun: number;
  readonly latenciesMs: number[];
  readonly refused: Map<string, number>;
  firstBlock: number;
  lastBlock: number;
}

function payloadOf(sizeBytes: number, number: number): Uint8Array {
  const payload = new Uint8Array(sizeBytes);
  payload.set(Buffer.from(`${number} `).subarray(0, sizeBytes));
  return payload;
}

/** An unknown channel stays unknown: that ends the load, other refusals are counted. */
function countRefusal(measured: Measurements, error: unknown): void {
  if (!(error instanceof CairnError) || error.status === 404) throw error;
  measured.refused.set(error.code, (measured.refused.get(error.code) ?? 0) + 1);
}

async function submitOnce(plan: LoadPlan, channel: ChannelClient, measured: Measurements) {
  const startMs = performance.now();
  const payload = payloadOf(plan.sizeBytes, measured.begun);
  try {
    const { block } = await channel.submit(payload, { timeoutMs: plan.timeoutMs });
    measured.latenciesMs.push(performance.now() - startMs);
    measured.firstBlock = Math.min(measured.firstBlock, block);
    measured.lastBlock = Math.max(measured.lastBlock, block);
  } catch (error) {
    countRefusal(measured, error);
  }
}

async function work(
  plan: LoadPlan,
  channel: ChannelClient,
  measured: Measurements,
  endMs: number,
): Promise<void> {
  const { transactionsMax, signal } = plan;
  while (measured.begun < transactionsMax && performance.now() < endMs && !signal.aborted) {
    measured.begun++;
    await submitOnce(plan, channel, measured);
  }
}

/** The value that a share of the sorted ones does not exceed; 0 of none. */
export function percentile(sorted: readonly number[], share: number): number {
  const position = Math.max(0, Math.ceil(sorted.length * share) - 1);
  return sorted[position] ?? 0;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

function reportOf(plan: LoadPlan, measured: Measurements, elapsedMs: number): LoadReport {
  const sorted = measured.latenciesMs.toSorted((left, right) => left - right);
  const perSecond = sorted.length / (elapsedMs / 1000);
  return {
    transactions: sorted.length,
    refused: Object.fromEntries(measured.refused),
    elapsedMs: Math.round(elapsedMs),
    transactionsPerSecond: Math.round(perSecond),
    mebibytesPerSecond: rounded((perSecond * plan.sizeBytes) / 2 ** 20),
    latencyMs: {
      p50: rounded(percentile(sorted, 0.5)),
      p90: rounded(percentile(sorted, 0.9)),
      p99: rounded(percentile(sorted, 0.99)),
      max: rounded(sorted.at(-1) ?? 0),
    },
    blocks: { first: sorted.length === 0 ? 0 : measured.firstBlock, last: measured.lastBlock },
  };
}

/** `progress` hears four times a second how many have their receipt. */
export async function runLoad(
  plan: LoadPlan,
  progress: (done: number) => void,
): Promise<LoadReport> {
  const measured: Measurements = {
    begun: 0,
    latenciesMs: [],
    refused: new Map(),
    firstBlock: Number.POSITIVE_INFINITY,
    lastBlock: 0,
  };
  const startMs = performance.now();
  const endMs = startMs + plan.durationMs;
  const ticking = setInterval(() => progress(measured.latenciesMs.length), 250);
  try {
    const workers = plan.channels.flatMap((channel) =>
      Array.from({ length: plan.concurrency }, () => work(plan, channel, measured, endMs)),
    );
    await Promise.all(workers);
  } finally {
    clearInterval(ticking);
  }
  return reportOf(plan, measured, performance.now() - startMs);
}
