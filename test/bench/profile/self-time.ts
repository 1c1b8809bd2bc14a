/**
 * From a profile as `node --cpu-prof` writes it to the time each function spent in itself. Pure.
 */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Node of each sample. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
}

export interface SelfTime {
  readonly label: string;
  readonly selfMs: number;
}

const WAITING = new Set(['(idle)', '(program)']);

/** Busy time leaves out idling and what is not JavaScript; functions are sorted, the most expensive first. */
export function selfTimes(profile: CpuProfile): {
  readonly busyMs: number;
  readonly functions: readonly SelfTime[];
} {
  const labels = new Map(profile.nodes.map(({ id, callFrame }) => [id, labelOf(callFrame)]));
  const sums = new Map<string, number>();
  for (const [i, node] of profile.samples.entries()) {
    const label = labels.get(node) ?? '(unknown)';
    sums.set(label, (sums.get(label) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1000);
  }
  const functions = [...sums]
    .map(([label, selfMs]) => ({ label, selfMs }))
    .sort((left, right) => right.selfMs - left.selfMs);
  const busyMs = functions
    .filter(({ label }) => !WAITING.has(label))
    .reduce((sum, { selfMs }) => sum + selfMs, 0);
  return { busyMs, functions };
}

/** `name file:line`, the file without the way to it; V8's own entries have neither. */
function labelOf({ functionName, url, lineNumber }: ProfileNode['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.split('/').slice(-4).join('/');
  return `${name}  ${file}:${lineNumber + 1}`;
}
