/**
 * `npm run chaos`: a real cluster under disturbance, and the reckoning.
 *
 *   npm run chaos -- --transactions 200000 --seconds 120 --kill-every 10 --orderers 5
 *   npm run chaos -- --faults mixed
 *   npm run chaos -- --failover 20
 *
 * Ends with 1 if anything that was promised did not hold.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { runFailover } from './failover.ts';
import { runKills } from './kills.ts';
import { failoverTable, killTable } from './report.ts';

const { values } = parseArgs({
  options: {
    transactions: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: '120' },
    'kill-every': { type: 'string', default: '10' },
    orderers: { type: 'string', default: '5' },
    faults: { type: 'string', default: 'leader' },
    failover: { type: 'string' },
  },
});

const startMs = performance.now();
const say = (line: string): void => {
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  process.stderr.write(`${seconds.padStart(4)} s  ${line}\n`);
};
const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const sayLoad = (): void => {
  say(
    `load average ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}`,
  );
};

/** The number of broken promises. */
async function runKilling(): Promise<number> {
  const result = await runKills(
    {
      transactions: Number(values.transactions),
      seconds: Number(values.seconds),
      everySeconds: Number(values['kill-every']),
      plan: values.faults === 'mixed' ? 'mixed' : 'leader',
      orderers: Number(values.orderers),
    },
    say,
  );
  print(killTable(result));
  return result.faults.length;
}

async function runFailovers(rounds: number): Promise<number> {
  const result = await runFailover({ rounds, orderers: Number(values.orderers) }, say);
  print(failoverTable(result));
  return result.pause.faults.length;
}

sayLoad();
const { failover } = values;
const broken = await (failover === undefined ? runKilling() : runFailovers(Number(failover)));
sayLoad();
process.exit(broken === 0 ? 0 : 1);
