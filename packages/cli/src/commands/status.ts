/**
 * `cairn status`: who leads what, how high each member is, and what is wrong.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ChannelStatus,
  type ClusterStatus,
  clusterStatus,
  type MemberStatus,
  nameSchema,
} from '@cairn/orderer/settings';
import { type Bus, cairnError, exitCodes, subjectsOf } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand, type Session } from '../command.ts';
import { type Target, withBus } from '../connection.ts';
import { discoverChannels, gatherChannel } from '../gather.ts';
import { unlessInterrupted } from '../interrupt.ts';
import { connectionOptions, meta } from '../options.ts';
import { columns } from '../present.ts';
import type { Terminal } from '../terminal.ts';

const schema = z.object({
  channel: nameSchema
    .optional()
    .meta(meta({ description: 'Only this channel', alias: 'c', variables: ['CAIRN_CHANNEL'] })),
  watch: z
    .boolean()
    .default(false)
    .meta(meta({ description: 'Show it live, until Ctrl-C', alias: 'w', variables: [] })),
  ...connectionOptions,
});

type Input = z.output<typeof schema>;

const ASK_TIMEOUT_MS = 1_500;
const WATCH_EVERY_MS = 500;

async function readStatus(bus: Bus, target: Target, input: Input): Promise<ClusterStatus> {
  const { cluster, servers } = target;
  const orderers = cluster?.orderers.map(({ name }) => name) ?? [];
  const served = cluster?.channels ?? (await discoverChannels(bus));
  const channels = [
    ...new Set([...served, ...(input.channel === undefined ? [] : [input.channel])]),
  ];
  const subjects = subjectsOf(input.prefix);
  const timeoutMs = Math.min(input.timeoutMs, ASK_TIMEOUT_MS);
  const answers = await Promise.all(
    channels.map((channel) => gatherChannel(bus, { subjects, channel, orderers, timeoutMs })),
  );
  const status = clusterStatus(servers.join(','), orderers, answers);
  if (input.channel === undefined) return status;
  return {
    ...status,
    channels: status.channels.filter(({ channel }) => channel === input.channel),
  };
}

function memberRow(terminal: Terminal, member: MemberStatus): string[] {
  const { name, role, state, term, height, lag } = member;
  const style = state === 'leader' ? 'green' : state === 'down' ? 'red' : 'dim';
  return [
    `  ${state === 'leader' ? terminal.paint('bold', name) : name}`,
    terminal.paint(style, state === 'leader' ? '★ leader' : state),
    role === 'learner' ? 'learner' : '',
    term === null ? '-' : `term ${term}`,
    height === null ? '-' : `height ${height}`,
    lag === null || lag === 0 ? '' : terminal.paint('yellow', `${lag} behind`),
  ];
}

function channelView(terminal: Terminal, status: ChannelStatus): string {
  const { channel, leader, term, height, up, voters, quorum, members, problems } = status;
  const who =
    leader === null
      ? terminal.paint('red', 'no leader')
      : `leader ${terminal.paint('green', leader)}`;
  const head = `${terminal.paint('bold', channel)}  ${who}  term ${term}  height ${height}  ${up} of ${voters} voters up, ${quorum} needed`;
  const table =
    members.length === 0 ? [] : [columns(members.map((member) => memberRow(terminal, member)))];
  const warnings = problems.map(({ message }) => terminal.paint('yellow', `  ! ${message}`));
  return [head, ...table, ...warnings].join('\n');
}

export function statusView(terminal: Terminal, status: ClusterStatus): string {
  const up = status.orderers.filter((orderer) => orderer.up).length;
  const head = `NATS ${status.nats}  ${up} of ${status.orderers.length} orderers up`;
  const none = status.channels.length === 0 ? ['No channels.'] : [];
  const channels = status.channels.map((channel) => channelView(terminal, channel));
  return [head, ...none, ...channels].join('\n\n');
}

/** Nobody answers for the channel that was asked for, though somebody answers for others. */
function requireKnown(input: Input, { orderers, channels }: ClusterStatus): void {
  const [only] = channels;
  const somebodyIsUp = orderers.some(({ up }) => up);
  if (input.channel === undefined || only?.channelId !== null || !somebodyIsUp) return;
  throw cairnError('CHANNEL_NOT_FOUND', {
    message: `No orderer serves a channel named ${input.channel}; "cairn status" lists those there are.`,
  });
}

function exitCodeFor({ channels }: ClusterStatus): number {
  const led = channels.length > 0 && channels.every(({ leader }) => leader !== null);
  return led ? exitCodes.done : exitCodes.unavailable;
}

const CLEAR = '\u001b[H\u001b[J';

/** A person sees one picture that changes; a pipe gets one after the other, each with its time. */
function watchView(terminal: Terminal, status: ClusterStatus): string {
  const view = statusView(terminal, status);
  if (terminal.liveOutput) return `${CLEAR}${view}\n\nCtrl-C ends.`;
  return `${new Date().toISOString()}  ${view}\n`;
}

async function watch(bus: Bus, target: Target, input: Input, session: Session): Promise<number> {
  const { terminal, signal } = session;
  try {
    for (;;) {
      const status = await unlessInterrupted(signal, readStatus(bus, target, input));
      terminal.print(input.json ? JSON.stringify(status) : watchView(terminal, status));
      await sleep(WATCH_EVERY_MS, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted;
    throw error;
  }
}

export const statusCommand = defineCommand({
  name: 'status',
  summary: 'Show leaders, terms, heights, lag, and what is wrong',
  examples: [
    ['cairn status', 'exit code 4 if a channel has no leader'],
    ['cairn status --watch', 'live; Ctrl-C ends it'],
    ['cairn status -c mychannel --json', 'one object, for programs; with --watch two a second'],
  ],
  handlesInterrupt: true,
  schema,
  run: (input, session) =>
    withBus(input, session, async (bus, target) => {
      if (input.watch) return await watch(bus, target, input, session);
      const status = await readStatus(bus, target, input);
      const { terminal } = session;
      requireKnown(input, status);
      terminal.print(input.json ? JSON.stringify(status) : statusView(terminal, status));
      return exitCodeFor(status);
    }),
});
