/**
 * V8 for a process that runs one program for weeks, has few objects and passes large buffers on.
 *
 * Blocks and frames lie outside the heap and still count for when the old generation is collected: measured against some
 * 20 MB of objects, a hundred MB of buffers a second had the leader mark its whole heap three to four times a second, a
 * fifth of its processor time (decision 0012). And most of an orderer's functions run once a frame or a block, so that V8
 * took minutes under full load to find them worth compiling (decision 0014).
 */
import { setFlagsFromString } from 'node:v8';

/** The old generation may grow to so much more than what survived, in percent, before it is collected. */
const HEAP_GROWING_PERCENT = 1_000;

/** How many bytes of bytecode a function runs before V8 thinks of compiling it. Node 20's own default: 66 KiB. */
const INTERRUPT_BUDGET_BYTES = 10_000;

/** The V8 of Node 22 has no such budget: it counts calls, and a quick compiler comes before the thorough one. */
const NODE_WITHOUT_BUDGET = 21;

/** What V8 is told by an orderer on this version of Node. V8 complains on standard error of what it does not know. */
export function engineFlags(nodeVersion: string): readonly string[] {
  const collection = `--heap-growing-percent=${HEAP_GROWING_PERCENT}`;
  if (Number.parseInt(nodeVersion, 10) >= NODE_WITHOUT_BUDGET) return [collection];
  return [collection, `--interrupt-budget=${INTERRUPT_BUDGET_BYTES}`];
}

/** For a process that is an orderer and nothing else; once, before there is any load. */
export function tuneEngine(): void {
  for (const flag of engineFlags(process.versions.node)) setFlagsFromString(flag);
}
