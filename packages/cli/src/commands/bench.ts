/** `cairn bench`: load from several connections, and a report of rate and latency. */
import type { Client } from '@cairn/client';
import { errorRow, exitCodeOf, exitCodes, isErrorCode } from '@cairn/transport';
import { z } from 'zod';
import { type LoadReport, runLoad } from '../bench/load.ts';
import { defineCommand, type Session } from '../command.ts';
import { clientOver, connectTo, targetOf } from '../connection.ts';
import { channelOption, connectionOptions, meta } from '../options.ts';
import { columns, counted, grouped } from '../present.ts';
import { progressBar } from '../progress.ts';
import type { Terminal } from '../terminal.ts';

const amount = (description: string, most: number) =>
  z
    .number()
    .int()
    .min(1)
    .max(most)
    .optional()
    .meta(meta({ description, variables: [] }));

const option = (description: string, most: number, byDefault: number) =>
  z
    .number()
    .int()
    .min(1)
    .max(most)
    .default(byDefault)
    .meta(meta({ description: `${description}; default ${byDefault}`, variables: [] }));

const schema = z.object({
  channel: channelOption,
  transactions: amount('End after so many transactions', 10_000_000),
  seconds: amount('End after so long; default 10 without --transactions', 86_400),
  size: option('Bytes of payload', 262_144, 1_024),
  clients: option('Connections', 64, 2),
  concurrency: option('Transactions open at once on each connection', 10_000, 500),
  ...connectionOptions,
});

type Input = z.output<typeof schema>;

function reportView(terminal: Terminal, report: LoadReport): string {
  const { latencyMs, blocks } = report;
  const refused = Object.entries(report.refused).map(
    ([code, count]) => `${grouped(count)} ${code}`,
  );
  const count = report.transactions === 0 ? 0 : blocks.last - blocks.first + 1;
  const rows = [
    [
      'ordered',
      `${counted(report.transactions, 'transaction')} in ${(report.elapsedMs / 1000).toFixed(1)} s`,
    ],
    [
      'rate',
      `${terminal.paint('bold', grouped(report.transactionsPerSecond))} tx/s, ${report.mebibytesPerSecond} MiB/s`,
    ],
    [
      'latency',
      `p50 ${latencyMs.p50} ms, p90 ${latencyMs.p90} ms, p99 ${latencyMs.p99} ms, max ${latencyMs.max} ms`,
    ],
    ['blocks', `${grouped(count)} (${blocks.first} to ${blocks.last})`],
    ['refused', refused.length === 0 ? 'none' : refused.join(', ')],
  ];
  return columns(rows.map(([name = '', value = '']) => [terminal.paint('dim', name), value]));
}

/** Nothing was ordered: as a single submission that is refused so. */
function exitCodeOfRefused({ refused }: LoadReport): number {
  const [code = ''] = Object.keys(refused);
  return isErrorCode(code) ? exitCodeOf(errorRow(code).status) : exitCodes.unavailable;
}

async function openClients(input: Input, session: Session): Promise<Client[]> {
  const target = targetOf(input, session);
  const buses = Array.from({ length: input.clients }, () => connectTo(target, input, session));
  return (await Promise.all(buses)).map((bus) => clientOver(bus, input));
}

async function measure(
  input: Input,
  session: Session,
  clients: readonly Client[],
): Promise<LoadReport> {
  const { terminal, signal } = session;
  const seconds = input.seconds ?? (input.transactions === undefined ? 10 : 86_400);
  const transactionsMax = input.transactions ?? Number.MAX_SAFE_INTEGER;
  if (!input.json) {
    terminal.note(
      `${counted(input.clients, 'connection')} with ${input.concurrency} open transactions each, ${grouped(input.size)} bytes a transaction`,
    );
  }
  const bar = progressBar(terminal, 'submitting', input.transactions ?? 0);
  const plan = {
    channels: clients.map((client) => client.channel(input.channel)),
    concurrency: input.concurrency,
    sizeBytes: input.size,
    transactionsMax,
    durationMs: seconds * 1000,
    timeoutMs: input.timeoutMs,
    signal,
  };
  return await runLoad(plan, (done) => bar.update(done)).finally(() => bar.stop());
}

export const benchCommand = defineCommand({
  name: 'bench',
  summary: 'Put load on a channel and report rate and latency',
  examples: [
    ['cairn bench -c mychannel', 'ten seconds of 1 KiB transactions'],
    ['cairn bench -c mychannel --transactions 100000 --clients 4', 'a fixed number'],
    ['cairn bench -c mychannel --concurrency 1 --clients 1 --json', 'latency of lone transactions'],
  ],
  handlesInterrupt: true,
  schema,
  run: async (input, session) => {
    const clients = await openClients(input, session);
    try {
      const report = await measure(input, session, clients);
      const { terminal } = session;
      terminal.print(input.json ? JSON.stringify(report) : reportView(terminal, report));
      if (session.signal.aborted) return exitCodes.interrupted;
      return report.transactions === 0 ? exitCodeOfRefused(report) : exitCodes.done;
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
  },
});
