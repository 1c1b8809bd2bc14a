/**
 * Asking every orderer of a cluster about every channel, at the same time, and who they are in the first place.
 */
import { isName } from '@cairn/ledger';
import type { ChannelAnswers, InfoAnswer } from '@cairn/orderer/settings';
import { type Bus, raftStates, type Subjects } from '@cairn/transport';
import { z } from 'zod';

const infoSchema = z.object({
  status: z.literal(200),
  channel: z.string(),
  channelId: z.string(),
  height: z.number(),
  newestHash: z.string(),
  leader: z.string().nullable(),
  term: z.number(),
  configNumber: z.number(),
  state: z.enum(raftStates),
  members: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      role: z.enum(['voter', 'learner']),
      active: z.boolean(),
      height: z.number(),
    }),
  ),
});

type Info = z.output<typeof infoSchema>;

const NOTHING = new Uint8Array(0);

function jsonIn(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return null;
  }
}

/** Null for silence, refusals and anything that is not an info reply. */
function askInfo(bus: Bus, subject: string, timeoutMs: number): Promise<Info | null> {
  return new Promise((resolve) => {
    bus.request(subject, NOTHING, { timeoutMs }, (outcome) => {
      if (outcome.kind !== 'reply') return resolve(null);
      resolve(infoSchema.safeParse(jsonIn(outcome.message.payload)).data ?? null);
    });
    bus.flush();
  });
}

export interface GatherRequest {
  readonly subjects: Subjects;
  readonly channel: string;
  /** Asked even if they are no members. */
  readonly orderers: readonly string[];
  readonly timeoutMs: number;
}

/** What every orderer says that is known, or is named as a member by whoever answers first. */
export async function gatherChannel(bus: Bus, request: GatherRequest): Promise<ChannelAnswers> {
  const { subjects, channel, orderers, timeoutMs } = request;
  const anybody = await askInfo(bus, subjects.info(channel), timeoutMs);
  const members = anybody?.members.map(({ name }) => name) ?? [];
  const names = [...new Set([...members, ...orderers])];
  const asked = names.map(async (orderer) => {
    const info = await askInfo(bus, subjects.infoFrom(channel, orderer), timeoutMs);
    return info === null ? null : ({ orderer, info } satisfies InfoAnswer);
  });
  const answers = await Promise.all(asked);
  return { channel, answers: answers.filter((answer) => answer !== null) };
}

const pingSchema = z.object({
  name: z.literal('cairn'),
  metadata: z.object({ channel: z.string().optional(), orderer: z.string().optional() }),
});

const DISCOVERY_MS = 400;

/** The channels that services announce on this NATS server ($SRV.PING, ADR-32). */
export async function discoverChannels(bus: Bus): Promise<string[]> {
  const channels = new Set<string>();
  const inbox = bus.createInbox();
  const subscription = bus.subscribe(inbox, ({ payload }) => {
    const channel = pingSchema.safeParse(jsonIn(payload)).data?.metadata.channel;
    if (channel !== undefined && isName(channel)) channels.add(channel);
  });
  bus.publish('$SRV.PING.cairn', NOTHING, { reply: inbox });
  bus.flush();
  await new Promise((resolve) => setTimeout(resolve, DISCOVERY_MS));
  subscription.close();
  return [...channels].sort();
}
