/**
 * The cluster as its orderers describe it: has every channel a leader and a majority to spare, and do the clocks agree?
 */
import { type ChannelStatus, channelStatus, type Problem } from '@cairn/orderer/settings';
import { type Bus, headerNames, type Subjects } from '@cairn/transport';
import { gatherChannel } from '../gather.ts';
import { type Finding, findingsOf } from './finding.ts';

const ASK_TIMEOUT_MS = 1_500;
/** Orderers count blocks whose time is further away than this. */
const SKEW_MS_ALARM = 10_000;
const SKEW_MS_WANTED = 1_000;

export interface ClusterQuestion {
  readonly subjects: Subjects;
  readonly channels: readonly string[];
  /** Asked even if no channel names them. */
  readonly orderers: readonly string[];
}

export async function examineCluster(bus: Bus, question: ClusterQuestion): Promise<Finding[]> {
  const { subjects, channels, orderers } = question;
  const request = { subjects, orderers, timeoutMs: ASK_TIMEOUT_MS };
  const asked = channels.map((channel) => gatherChannel(bus, { ...request, channel }));
  const statuses = (await Promise.all(asked)).map(channelStatus);
  const clocks = await Promise.all(
    ordererPlaces(statuses).map(({ channel, orderer }) =>
      readClock(bus, subjects.infoFrom(channel, orderer), orderer),
    ),
  );
  const readings = clocks.filter((reading) => reading !== null);
  return [
    ...statuses.flatMap(judgeChannel),
    ...(readings.length < 2 ? [] : [judgeClocks(readings)]),
  ];
}

/** Every orderer that is up, with a channel in which it can be asked. */
function ordererPlaces(statuses: readonly ChannelStatus[]) {
  const places = statuses.flatMap(({ channel, members }) =>
    members.filter(({ state }) => state !== 'down').map(({ name }) => [name, channel] as const),
  );
  return [...new Map(places)].map(([orderer, channel]) => ({ orderer, channel }));
}

const remedies: Readonly<Record<Problem['code'], string>> = {
  NO_ANSWER: 'Start its orderers, or correct the name.',
  NO_LEADER: 'Start more of its members; if enough run, look at their logs and at NATS.',
  NO_QUORUM: 'Start the members that are down.',
  NO_SPARE: 'Start the others.',
  MEMBER_DOWN: 'Look at the end of its log, and start it.',
  MEMBER_LAGS: 'Wait; if it stays behind, look at its disk.',
  CHANNEL_ID_DIFFERS: 'Give all members the same genesis file.',
};

const severe: ReadonlySet<Problem['code']> = new Set<Problem['code']>([
  ...(['NO_ANSWER', 'NO_LEADER', 'NO_QUORUM', 'CHANNEL_ID_DIFFERS'] as const),
]);

export function judgeChannel(status: ChannelStatus): Finding[] {
  const { ok, warning, problem } = findingsOf('channel', status.channel);
  const { leader, up, voters, quorum, height } = status;
  if (status.problems.length === 0) {
    const facts = `${up} of ${voters} voters up, ${quorum} needed, height ${height}`;
    return [ok(`${leader} leads; ${facts}.`)];
  }
  return status.problems.map(({ code, message }) =>
    (severe.has(code) ? problem : warning)(message, remedies[code]),
  );
}

interface ClockReading {
  readonly orderer: string;
  /** Its clock less this machine's; half the round trip is how wrong that can be. */
  readonly offsetMs: number;
  readonly errorMs: number;
}

function readClock(bus: Bus, subject: string, orderer: string): Promise<ClockReading | null> {
  const sentMs = Date.now();
  return new Promise((resolve) => {
    bus.request(subject, new Uint8Array(0), { timeoutMs: ASK_TIMEOUT_MS }, (outcome) => {
      const told =
        outcome.kind === 'reply' ? outcome.message.header(headerNames.timeMs) : undefined;
      const heardMs = Date.now();
      if (told === undefined || !/^\d{1,15}$/.test(told)) return resolve(null);
      const offsetMs = Number(told) - (sentMs + heardMs) / 2;
      resolve({ orderer, offsetMs, errorMs: (heardMs - sentMs) / 2 });
    });
    bus.flush();
  });
}

export function judgeClocks(readings: readonly ClockReading[]): Finding {
  const { ok, warning, problem } = findingsOf('clocks', 'orderers');
  const sorted = readings.toSorted((left, right) => left.offsetMs - right.offsetMs);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  const apartMs = Math.max(0, last.offsetMs - first.offsetMs - first.errorMs - last.errorMs);
  const apart = `The clock of ${last.orderer} is ${(apartMs / 1000).toFixed(1)} s ahead of that of ${first.orderer}`;
  const remedy = 'Let a time service (chrony, systemd-timesyncd) set the clocks of all of them.';
  if (apartMs > SKEW_MS_ALARM) {
    return problem(`${apart}: the times of blocks depend on who leads.`, remedy);
  }
  return apartMs > SKEW_MS_WANTED
    ? warning(`${apart}.`, remedy)
    : ok(`The clocks of ${readings.length} orderers agree within a second.`);
}
