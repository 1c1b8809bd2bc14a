/**
 * V8's garbage collector for a process that has few objects and passes large buffers on.
 *
 * Blocks and frames lie outside the heap and still count for when the old generation is collected. Measured against some
 * 20 MB of objects, a hundred MB of buffers a second had the leader mark its whole heap three to four times a second, a
 * fifth of its processor time; decision 0012.
 */
import { setFlagsFromString } from 'node:v8';

/** The old generation may grow to so much more than what survived, in percent, before it is collected. */
const HEAP_GROWING_PERCENT = 1_000;

/** For a process that is an orderer and nothing else; once, before there is any load. */
export function collectGarbageLessOften(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
}
