/**
 * What a seed is about: its topology, its load, and which families of faults are on, how often.
 *
 * Swarm: each seed draws its own families and strengths; everything at once every time would find less. The named profiles
 * turn some families on for certain; `standard` is a fixed mix, for measuring.
 */
import type { RaftConfig } from '@cairn/ledger';
import { standardWorkload, type WorkloadBehaviour } from './clients.ts';
import { type Chance, chanceOf } from './random.ts';

export const families = [
  'crashes',
  'crashPoints',
  'blackouts',
  'stops',
  'pauses',
  'partitions',
  'isolation',
  'oneWay',
  'bridges',
  'clogs',
  'loss',
  'repeats',
  'reorder',
  'latency',
  'garbage',
  'reconnects',
  'overflow',
  'slowDisks',
  'stalledDisks',
  'diskErrors',
  'bitFlips',
  'rollBacks',
  'wipes',
  'wallClocks',
  'transfers',
  'members',
  'batches',
] as const;

export type Family = (typeof families)[number];

export interface Profile {
  readonly name: string;
  readonly orderers: number;
  readonly channels: number;
  readonly workload: WorkloadBehaviour;
  readonly readEveryMs: number;
  /** Weights; a family that is not here is off. */
  readonly families: ReadonlyMap<Family, number>;
  /** Mean time between two actions. */
  readonly everyMs: number;
  /** Clocks run between this much too slow and too fast. */
  readonly drift: number;
  readonly raft: RaftConfig;
  readonly blocksInFlightMax: number;
  readonly frameBytesMax: number;
  readonly realSignatures: boolean;
}

/** Families that a named profile is about; in `swarm` all may come. */
const subjectsOfProfile: Readonly<Record<string, readonly Family[]>> = {
  swarm: families,
  calm: [],
  crashes: ['crashes', 'crashPoints', 'blackouts', 'stops', 'pauses', 'slowDisks'],
  network: [
    ...(['partitions', 'isolation', 'oneWay', 'bridges', 'clogs', 'loss', 'repeats'] as const),
    ...(['reorder', 'latency', 'garbage', 'reconnects', 'overflow'] as const),
  ],
  disks: [
    'crashPoints',
    'slowDisks',
    'stalledDisks',
    'diskErrors',
    'bitFlips',
    'wipes',
    'rollBacks',
  ],
  members: ['members', 'transfers', 'batches', 'crashes', 'isolation'],
};

export const profileNames = [...Object.keys(subjectsOfProfile), 'standard'];

/** Rare by themselves: what they break stays broken. */
const weightOf: Partial<Record<Family, number>> = {
  bitFlips: 0.2,
  rollBacks: 0.3,
  wipes: 0.2,
  blackouts: 0.3,
  diskErrors: 0.4,
};

const standardFamilies: readonly Family[] = [
  ...(['crashes', 'crashPoints', 'pauses', 'partitions', 'isolation', 'loss', 'repeats'] as const),
  ...(['reorder', 'slowDisks', 'transfers', 'members', 'stops'] as const),
];

const defaultTiming: RaftConfig = { tickMs: 100, electionTicks: 10, heartbeatTicks: 2 };

export function profileOf(name: string, seed: number): Profile {
  if (name === 'standard') return standardProfile();
  const subjects = subjectsOfProfile[name];
  if (subjects === undefined) throw new RangeError(`there is no profile ${name}`);
  const chance = chanceOf(seed, 'topology');
  const isSwarm = name === 'swarm';
  const chosen = subjects.filter(() => !isSwarm || chance.happens(0.3));
  return {
    name,
    orderers: chance.pick([1, 3, 3, 3, 3, 5, 5, 5, 5, 5]),
    channels: chance.happens(0.2) ? 2 : 1,
    workload: workloadOf(chance),
    readEveryMs: 200,
    families: weighted(chosen, chance),
    everyMs: chance.pick([300, 800, 1_500, 1_500, 3_000]),
    drift: chance.happens(0.4) ? 0.2 : 0,
    raft: chance.happens(0.2) ? { ...defaultTiming, heartbeatTicks: 3 } : defaultTiming,
    blocksInFlightMax: chance.pick([1, 3, 3, 8]),
    frameBytesMax: chance.pick([1024 * 1024, 1024 * 1024, 8 * 1024, 1_500]),
    realSignatures: chance.happens(0.01),
  };
}

function workloadOf(chance: Chance): WorkloadBehaviour {
  return {
    ...standardWorkload,
    rate: chance.pick([5, 20, 20, 50]),
    burstRate: chance.pick([0, 0.01, 0.05]),
    hastyRate: chance.pick([0.02, 0.1]),
    echoRate: chance.pick([0.02, 0.1]),
    payloadBytesMax: chance.pick([100, 300, 300, 3_000]),
  };
}

function weighted(chosen: readonly Family[], chance: Chance): Map<Family, number> {
  return new Map(
    chosen.map((family) => [family, (weightOf[family] ?? 1) * (0.25 + chance.real())]),
  );
}

function standardProfile(): Profile {
  return {
    name: 'standard',
    orderers: 5,
    channels: 1,
    workload: standardWorkload,
    readEveryMs: 200,
    families: new Map(standardFamilies.map((family) => [family, 1])),
    everyMs: 1_500,
    drift: 0.05,
    raft: defaultTiming,
    blocksInFlightMax: 3,
    frameBytesMax: 1024 * 1024,
    realSignatures: false,
  };
}
