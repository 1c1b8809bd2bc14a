/**
 * What goes wrong in a run of very many channels: never anything that destroys, and mostly one thing at a time. That is
 * enough to make hundreds of channels elect at once, and to open a thousand of them from a disk.
 */
import type { Action, PlannedAction } from './plan.ts';
import type { Chance } from './random.ts';

export const orderers = ['orderer1', 'orderer2', 'orderer3'] as const;

const FIRST_MS = 5_000;
const QUIET_MS = { least: 10_000, most: 60_000 };

export function mildFaults(chance: Chance, untilMs: number): PlannedAction[] {
  const actions: PlannedAction[] = [];
  let atMs = FIRST_MS;
  while (atMs < untilMs) {
    actions.push([atMs, atMs === FIRST_MS ? crashOfLeader : mildFault(chance)]);
    atMs += chance.between(QUIET_MS.least, QUIET_MS.most);
  }
  return actions;
}

/** However short the run: leaders change. */
const crashOfLeader: Action = { kind: 'crash', node: 'leader', downMs: 3_000 };

function mildFault(chance: Chance): Action {
  const node = chance.pick(orderers);
  const other = chance.pick(orderers.filter((name) => name !== node));
  const forMs = chance.between(1_500, 8_000);
  switch (chance.below(9)) {
    case 0:
    case 1:
      return { kind: 'crash', node, downMs: forMs };
    case 2:
      return { kind: 'isolate', node, direction: chance.pick(['both', 'from', 'to']), forMs };
    case 3:
      return {
        kind: 'cut',
        pairs: [
          [node, other],
          [other, node],
        ],
        forMs,
      };
    case 4:
      return { kind: 'network', behaviour: { lossRate: chance.pick([0.02, 0.1]) }, forMs };
    case 5:
      return { kind: 'stop', node, downMs: forMs };
    case 6:
      return { kind: 'pause', node, forMs };
    case 7:
      return { kind: 'reconnect', node, awayMs: 500 };
    default:
      return { kind: 'crashAll', downMs: 1_000 };
  }
}
