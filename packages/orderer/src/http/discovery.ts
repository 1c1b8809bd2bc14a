/**
 * Which channels are there, and what does every orderer say of them? Asked of NATS' service discovery and of each
 * orderer by name.
 */
import {
  type ChannelAnswers,
  type ClusterStatus,
  clusterStatus,
  type InfoAnswer,
} from '../cluster-status.ts';
import { ATTEMPT_TIMEOUT_MS, parseJson, type Relay, requestOnce, textOf } from './relay.ts';
import { infoSchema } from './schemas.ts';

type Info = InfoAnswer['info'];

/** Discovery has no end but silence. */
const QUIET_MS = 100;
const GATHER_MS_MAX = 500;

interface Found {
  readonly channel: string;
  readonly orderer: string;
}

/** Every pair of channel and orderer that answers discovery. */
function discover({ bus, clock }: Relay): Promise<Found[]> {
  return new Promise((resolve) => {
    const found: Found[] = [];
    const inbox = bus.createInbox();
    let quiet = clock.after(GATHER_MS_MAX, finish);
    const longest = clock.after(GATHER_MS_MAX, finish);
    const subscription = bus.subscribe(inbox, (message) => {
      const pair = foundIn(parseJson(textOf(message)));
      if (pair !== null) found.push(pair);
      quiet.cancel();
      quiet = clock.after(QUIET_MS, finish);
    });
    bus.publish('$SRV.PING.cairn', new Uint8Array(0), { reply: inbox });
    bus.flush();
    function finish(): void {
      quiet.cancel();
      longest.cancel();
      subscription.close();
      resolve(found);
    }
  });
}

function foundIn(value: unknown): Found | null {
  const metadata = (value as { metadata?: Partial<Found> } | null)?.metadata;
  const { channel, orderer } = metadata ?? {};
  return typeof channel === 'string' && typeof orderer === 'string' ? { channel, orderer } : null;
}

async function askInfo(relay: Relay, subject: string): Promise<Info | null> {
  const options = { timeoutMs: ATTEMPT_TIMEOUT_MS };
  const outcome = await requestOnce(relay, subject, new Uint8Array(0), options);
  if (outcome.kind !== 'reply') return null;
  const parsed = infoSchema.safeParse(parseJson(textOf(outcome.message)));
  return parsed.success ? parsed.data : null;
}

/** Names of all channels, those of this orderer (`own`) included, each with what one of its orderers says. */
export async function surveyChannels(relay: Relay, own: readonly string[]): Promise<Info[]> {
  const found = await discover(relay);
  const infos = await Promise.all(
    namesOf(found, own).map((channel) => askInfo(relay, relay.subjects.info(channel))),
  );
  return infos.filter((info) => info !== null);
}

function namesOf(found: readonly Found[], own: readonly string[]): string[] {
  return [...new Set([...own, ...found.map(({ channel }) => channel)])].sort();
}

/** The state of the whole cluster, as every orderer that answers sees it. */
export async function surveyCluster(
  relay: Relay,
  own: readonly string[],
  natsServers: readonly string[],
): Promise<ClusterStatus> {
  const found = await discover(relay);
  const channels = await Promise.all(
    namesOf(found, own).map((channel) => surveyChannel(relay, channel, found)),
  );
  const orderers = [...new Set(found.map(({ orderer }) => orderer))];
  return clusterStatus(natsServers.join(','), orderers, channels);
}

async function surveyChannel(
  relay: Relay,
  channel: string,
  found: readonly Found[],
): Promise<ChannelAnswers> {
  const any = await askInfo(relay, relay.subjects.info(channel));
  const discovered = found.filter((pair) => pair.channel === channel);
  const members = any?.members.map(({ name }) => name) ?? [];
  const names = [...new Set([...members, ...discovered.map(({ orderer }) => orderer)])];
  const answers = await Promise.all(names.map((name) => askOne(relay, channel, name)));
  return { channel, answers: answers.filter((answer) => answer !== null) };
}

async function askOne(relay: Relay, channel: string, orderer: string): Promise<InfoAnswer | null> {
  const info = await askInfo(relay, relay.subjects.infoFrom(channel, orderer));
  return info === null ? null : { orderer, info };
}
