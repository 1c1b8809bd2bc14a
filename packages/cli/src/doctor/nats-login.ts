/**
 * One orderer's login at NATS: is it let in, may it say and hear what an orderer has to, and does the server keep it from
 * speaking as another. Tried with its own key.
 *
 * Nobody notices: what is published goes to a member that does not exist, and what is subscribed is let go in the same
 * write, before anything could arrive.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type OrdererConfig, readSeedFile } from '@cairn/orderer/settings';
import {
  type Bus,
  CairnError,
  connectNatsBus,
  inboxPrefixOf,
  type NatsCredentials,
  subjectsOf,
} from '@cairn/transport';
import { type Finding, findingsOf } from './finding.ts';

const CONNECT_TIMEOUT_MS = 2_000;
const ROUND_TRIP_MS = 2_000;
const LIBRARY_MS = 25;
/** Names that no orderer has. */
const NOBODY = 'nobody';
const ANOTHER = 'somebody-else';
const NOTHING = new Uint8Array(0);

export async function examineLogin(config: OrdererConfig, signal: AbortSignal): Promise<Finding[]> {
  const { ok, problem } = findingsOf('login', config.name);
  const refused: string[] = [];
  try {
    const bus = await connectNatsBus({
      servers: config.nats.servers,
      credentials: credentialsOf(config),
      name: `cairn-${config.name}-doctor`,
      inboxPrefix: inboxPrefixOf(config.name),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      signal,
      onError: (text) => refused.push(text),
    });
    try {
      const permissions = await examinePermissions(bus, config, refused);
      return [ok('NATS lets it in.'), ...permissions];
    } finally {
      await bus.close();
    }
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    const isRefused = error.code === 'NOT_AUTHENTICATED';
    return [
      problem(
        error.message,
        isRefused
          ? 'Give the server the users that "cairn init" wrote (nats/users.conf), and reload it.'
          : 'See what is said about the NATS servers here.',
      ),
    ];
  }
}

function credentialsOf({ nats, keys }: OrdererConfig): NatsCredentials {
  if (nats.credentialsFile !== undefined) {
    return { kind: 'credsFile', credsFile: readFileSync(nats.credentialsFile, 'utf8') };
  }
  return keys.loginSeedFile === undefined
    ? { kind: 'none' }
    : { kind: 'nkeySeed', nkeySeed: readSeedFile(keys.loginSeedFile) };
}

interface Probes {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** What an orderer has to be allowed, by examples that reach nobody. */
export function probesOf({ prefix, name, channels }: OrdererConfig): Probes {
  const subjects = subjectsOf(prefix);
  const ofChannels = <T>(make: (channel: string) => readonly T[]): T[] =>
    channels.flatMap((channel) => make(channel.name));
  return {
    publish: [
      subjects.heartbeat({ to: NOBODY, from: name }),
      ...ofChannels((channel) => [
        subjects.raft({ channel, to: NOBODY, from: name }),
        subjects.infoFrom(channel, NOBODY),
      ]),
    ],
    subscribe: [
      subjects.heartbeatFor(name),
      '$SRV.PING.cairn',
      ...ofChannels((channel) => [
        subjects.raftFor(channel, name),
        subjects.infoFrom(channel, name),
        subjects.submitTo(channel, name),
        ...['submit', 'batch', 'fetch', 'deliver', 'transaction', 'info'].map(
          (verb) => `${prefix}.${channel}.${verb}`,
        ),
      ]),
    ],
  };
}

async function examinePermissions(
  bus: Bus,
  config: OrdererConfig,
  refused: readonly string[],
): Promise<Finding[]> {
  const { ok, problem, warning } = findingsOf('permissions', config.name);
  const { publish, subscribe } = probesOf(config);
  for (const subject of subscribe) bus.subscribe(subject, () => {}).close();
  for (const subject of publish) bus.publish(subject, NOTHING);
  if (!(await roundTrip(bus))) {
    const sentence = `It does not hear what is sent to its own inbox (${inboxPrefixOf(config.name)}.>).`;
    return [problem(sentence, 'Let it subscribe its inbox and publish to _INBOX.>.')];
  }
  if (refused.length > 0) {
    const list = refused.map((text) => text.replace(/^permissions violation: /, '')).join(', ');
    const remedy =
      'Give it the permissions of an orderer: "cairn init" writes them to nats/users.conf.';
    return [problem(`The server forbids it what an orderer needs: ${list}.`, remedy)];
  }
  if (await maySpeakAsAnother(bus, config, refused)) {
    const remedy = 'Give every orderer a login and permissions of its own, as in nats/users.conf.';
    return [warning('The server lets it speak in the name of other orderers.', remedy)];
  }
  return [ok('It may do what an orderer needs, in its own name alone.')];
}

/** What the server refuses it says before a later message comes back; the client library hands it on a little later. */
async function roundTrip(bus: Bus): Promise<boolean> {
  const heard = await inboxHears(bus);
  await sleep(LIBRARY_MS);
  return heard;
}

function inboxHears(bus: Bus): Promise<boolean> {
  return new Promise((resolve) => {
    const inbox = bus.createInbox();
    const subscription = bus.subscribe(inbox, () => end(true));
    const timer = setTimeout(() => end(false), ROUND_TRIP_MS);
    bus.publish(inbox, NOTHING);
    bus.flush();
    function end(heard: boolean): void {
      clearTimeout(timer);
      subscription.close();
      resolve(heard);
    }
  });
}

async function maySpeakAsAnother(
  bus: Bus,
  { prefix }: OrdererConfig,
  refused: readonly string[],
): Promise<boolean> {
  bus.publish(subjectsOf(prefix).heartbeat({ to: NOBODY, from: ANOTHER }), NOTHING);
  await roundTrip(bus);
  return refused.length === 0;
}
