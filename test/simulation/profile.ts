/**
 * What a seed is about: its topology, its load, and which families of faults are on, how often.
 *
 * Swarm: each seed draws its own families and strengths; everything at once every time would find less. `light` is a swarm
 * under little load: what fails is as much, and several seeds take the time of one. The other named profiles turn some
 * families on for certain. `standard` and `singles` are fixed mixes for measuring, of the same faults and the same twenty
 * submissions a second: in `standard` an application has several at hand at a time, and the client library sends them in
 * one frame; in `singles` nearly each comes alone, and so costs a block of its own.
 */
import type { BatchConfig, RaftConfig } from '@cairn/ledger';
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
  'ambushes',
  'floods',
  'strandedChanges',
  'lies',
] as const;

/** Drawn by a stream of their own, and seldom: what they are for takes no more. */
const rareFamilies: readonly Family[] = ['ambushes', 'floods', 'strandedChanges', 'lies'];

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
  readonly batch: Partial<BatchConfig>;
  readonly blocksInFlightMax: number;
  /** What a process had sent when it ended still arrives. */
  readonly hasLateWords: boolean;
  readonly frameBytesMax: number;
  readonly realSignatures: boolean;
  /** Somebody follows each channel's stream. */
  readonly isFollowed: boolean;
}

/** Families that a named profile is about; in `swarm` all may come. */
const subjectsOfProfile: Readonly<Record<string, readonly Family[]>> = {
  swarm: families,
  // A flood is a heavy load by itself.
  light: families.filter((family) => family !== 'floods'),
  calm: [],
  crashes: ['crashes', 'crashPoints', 'blackouts', 'stops', 'pauses', 'slowDisks', 'ambushes'],
  network: [
    ...(['partitions', 'isolation', 'oneWay', 'bridges', 'clogs', 'loss', 'repeats'] as const),
    ...(['reorder', 'latency', 'garbage', 'reconnects', 'overflow', 'floods'] as const),
  ],
  disks: [
    'crashPoints',
    'slowDisks',
    'stalledDisks',
    'diskErrors',
    'bitFlips',
    'wipes',
    'rollBacks',
    'lies',
  ],
  members: ['members', 'transfers', 'batches', 'crashes', 'isolation', 'strandedChanges'],
};

/** How often, and how many at a time, so that twenty submissions a second come of it. */
const measured = {
  standard: { rate: 2.7, frameRate: 0.8, frameMax: 16 },
  singles: { rate: 13, frameRate: 0.1, frameMax: 6 },
} as const satisfies Readonly<Record<string, Partial<WorkloadBehaviour>>>;

export type MeasuredProfile = keyof typeof measured;

export const profileNames = [...Object.keys(subjectsOfProfile), ...Object.keys(measured)];

/** Rare by themselves: what they break stays broken. */
const weightOf: Partial<Record<Family, number>> = {
  bitFlips: 0.2,
  rollBacks: 0.3,
  wipes: 0.2,
  blackouts: 0.3,
  diskErrors: 0.4,
  lies: 0.3,
  floods: 0.3,
};

const standardFamilies: readonly Family[] = [
  ...(['crashes', 'crashPoints', 'pauses', 'partitions', 'isolation', 'loss', 'repeats'] as const),
  ...(['reorder', 'slowDisks', 'transfers', 'members', 'stops'] as const),
];

const defaultTiming: RaftConfig = { tickMs: 100, electionTicks: 10, heartbeatTicks: 2 };

export function profileOf(name: string, seed: number): Profile {
  if (isMeasured(name)) return measuredProfile(name);
  const subjects = subjectsOfProfile[name];
  if (subjects === undefined) throw new RangeError(`there is no profile ${name}`);
  const chance = chanceOf(seed, 'topology');
  const isLight = name === 'light';
  const isSwarm = name === 'swarm' || isLight;
  const load = isLight ? lightLoad : usualLoad;
  const chosen = subjects
    .filter((family) => !rareFamilies.includes(family))
    .filter(() => !isSwarm || chance.happens(0.3));
  const rare = chanceOf(seed, 'rare');
  const rareOnes = subjects
    .filter((family) => rareFamilies.includes(family))
    .filter(() => !isSwarm || rare.happens(0.12));
  return {
    name,
    orderers: chance.pick([1, 3, 3, 3, 3, 5, 5, 5, 5, 5]),
    channels: chance.happens(0.2) ? 2 : 1,
    workload: workloadOf(chance, load),
    readEveryMs: load.readEveryMs,
    families: new Map([...weighted(chosen, chance), ...weighted(rareOnes, rare)]),
    everyMs: chance.pick([300, 800, 1_500, 1_500, 3_000]),
    drift: chance.happens(0.4) ? 0.2 : 0,
    raft: chance.happens(0.2) ? { ...defaultTiming, heartbeatTicks: 3 } : defaultTiming,
    ...pipelineOf(chance.pick([1, 3, 3, 8]), rareOnes.includes('floods')),
    hasLateWords: rare.happens(0.2),
    frameBytesMax: chance.pick([1024 * 1024, 1024 * 1024, 8 * 1024, 1_500]),
    realSignatures: chance.happens(0.01),
    isFollowed: rare.happens(0.5),
  };
}

/** A long tail that nobody else has needs many small blocks on the way. */
function pipelineOf(drawn: number, isFlooded: boolean) {
  return isFlooded
    ? { blocksInFlightMax: 400, batch: { maxTransactions: 1 } }
    : { blocksInFlightMax: drawn, batch: {} };
}

interface Load {
  /** Submissions in a second, in the mean. */
  readonly rates: readonly number[];
  readonly burstRates: readonly number[];
  readonly patienceMax: number;
  readonly readEveryMs: number;
}

const usualLoad: Load = {
  rates: [5, 20, 20, 50],
  burstRates: [0, 0.01, 0.05],
  patienceMax: 8,
  readEveryMs: 200,
};
const lightLoad: Load = {
  rates: [2, 2, 5, 10],
  burstRates: [0, 0.01],
  patienceMax: 40,
  readEveryMs: 1_000,
};

function workloadOf(chance: Chance, load: Load): WorkloadBehaviour {
  const { rates, burstRates, patienceMax } = load;
  return {
    ...standardWorkload,
    patienceMax,
    rate: chance.pick(rates),
    burstRate: chance.pick(burstRates),
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

function isMeasured(name: string): name is MeasuredProfile {
  return Object.hasOwn(measured, name);
}

function measuredProfile(name: MeasuredProfile): Profile {
  return {
    name,
    orderers: 5,
    channels: 1,
    workload: { ...standardWorkload, ...measured[name] },
    readEveryMs: 1_000,
    families: new Map(standardFamilies.map((family) => [family, 1])),
    everyMs: 1_500,
    drift: 0.05,
    raft: defaultTiming,
    batch: {},
    blocksInFlightMax: 3,
    hasLateWords: false,
    frameBytesMax: 1024 * 1024,
    realSignatures: false,
    isFollowed: false,
  };
}
