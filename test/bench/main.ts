/**
 * `npm run bench`: lists the benchmarks; `npm run bench -- <name> [flags]` runs one.
 */
import { type Bench, say } from './bench.ts';
import { describeFlags, UsageError } from './options.ts';
import { peersBench } from './peers/peers.ts';
import { profileBench } from './profile/profile.ts';

const benches: readonly Bench[] = [peersBench, profileBench];

function list(): void {
  say('npm run bench -- <name> [flags]');
  for (const { name, summary, flags } of benches) {
    say(`\n${name}: ${summary}`);
    for (const line of describeFlags(flags)) say(line);
  }
}

async function main([name, ...words]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help') {
    list();
    return 0;
  }
  const bench = benches.find((each) => each.name === name);
  if (bench === undefined) throw new UsageError(`There is no benchmark "${name}".`);
  await bench.run(words);
  return 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // The guards of all processes and folders see our end and clean up.
  process.on(signal, () => process.exit(130));
}

main(process.argv.slice(2)).then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
