/**
 * `npm run sim -- --channels N --seconds T`: one long run of very many channels, what it found, and what it cost.
 */
import { runManyChannels } from './many-channels.ts';

/** Exit code 0 if nothing failed, else 1. */
export function reportManyChannels(
  channels: number,
  simulatedMs: number,
  seed: number,
  say: (line: string) => void,
): number {
  const startedAtMs = performance.now();
  const result = runManyChannels({ channels, simulatedMs, seed });
  const wallSeconds = (performance.now() - startedAtMs) / 1_000;
  const { user, system } = process.cpuUsage();
  const { failures, events, committed, blocks, elected, faults, digest } = result;
  const simulated = `${Math.round(result.simulatedMs / 1_000)} simulated seconds`;
  say(`${channels} channels on 3 orderers, ${simulated}, ${faults} faults, seed ${seed}`);
  say(`${committed} submissions committed in ${blocks} blocks, ${elected} leaders elected`);
  say(`${events} events, digest ${digest}`);
  const cpuSeconds = (user + system) / 1e6;
  say(`${wallSeconds.toFixed(1)} s, of which ${cpuSeconds.toFixed(1)} s CPU`);
  for (const failure of failures) say(`failed: ${failure}`);
  say(failures.length === 0 ? 'every promise was kept' : `${failures.length} failures`);
  return failures.length === 0 ? 0 : 1;
}
