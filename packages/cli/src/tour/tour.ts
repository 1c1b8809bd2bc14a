/**
 * The tour: what a new user sees first. Real input is ordered, a block is fetched and shown, the whole chain is verified on
 * every orderer, and the next commands are named.
 */
import { type BlockName, type Client, isReceipt, type Submitted } from '@cairn/client';
import { type ClusterStatus, clusterStatus } from '@cairn/orderer/settings';
import { type Bus, CairnError, subjectsOf } from '@cairn/transport';
import type { Session } from '../command.ts';
import { statusView } from '../commands/status.ts';
import { clientOver } from '../connection.ts';
import { CommandError } from '../errors.ts';
import { gatherChannel } from '../gather.ts';
import type { ClusterFile } from '../local/cluster-file.ts';
import { readFileOrFail } from '../local/files.ts';
import type { Home } from '../local/home.ts';
import { blockView, counted } from '../present.ts';
import { progressBar } from '../progress.ts';
import { auditMembers } from '../verify/members.ts';
import { tourInput } from './input.ts';

export interface TourStage {
  readonly session: Session;
  readonly home: Home;
  readonly cluster: ClusterFile;
  readonly bus: Bus;
  readonly prefix: string;
}

const ASK_TIMEOUT_MS = 2_000;
const SHOWN_TRANSACTIONS_MAX = 5;

export function heading({ terminal }: Session, text: string): void {
  terminal.print(`\n${terminal.paint('cyan', '▸')} ${terminal.paint('bold', text)}`);
}

/** The channel of the examples if it is there, otherwise the first. */
function channelOf({ channels }: ClusterFile): string {
  return channels.includes('mychannel') ? 'mychannel' : (channels[0] ?? 'mychannel');
}

interface Ordered {
  done: number;
  before: number;
  readonly blocks: Set<number>;
}

/** An id that stands for other bytes was ordered by an earlier version of the tour: that is no failure of this one. */
function count(ordered: Ordered, { outcome }: Submitted): void {
  ordered.done++;
  if (isReceipt(outcome)) {
    ordered.blocks.add(outcome.block);
    if (outcome.duplicate) ordered.before++;
  } else if (outcome.error.code === 'ID_CONFLICT') ordered.before++;
  else throw new CairnError(outcome);
}

/** Orders the input and returns the number of the newest block that holds something of it. */
async function orderInput(stage: TourStage, client: Client, channel: string): Promise<BlockName> {
  const { terminal } = stage.session;
  const input = tourInput();
  const total = input.submissions.length;
  heading(stage.session, `Ordering ${total} ${input.description} on ${channel}`);
  const bar = progressBar(terminal, 'ordering', total);
  const startMs = performance.now();
  const ordered: Ordered = { done: 0, before: 0, blocks: new Set() };
  try {
    for await (const submitted of client.channel(channel).submitMany(input.submissions)) {
      count(ordered, submitted);
      bar.update(ordered.done);
    }
  } finally {
    bar.stop();
  }
  const { before, blocks } = ordered;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const known =
    before === 0 ? '' : ` ${before} of them were there already and stay where they are.`;
  terminal.print(
    `  ${counted(total, 'transaction')} in ${counted(blocks.size, 'block')}, on the disks of a majority, in ${seconds} s.${known}`,
  );
  return blocks.size === 0 ? 'newest' : Math.max(...blocks);
}

async function showBlock(stage: TourStage, client: Client, channel: string, name: BlockName) {
  const { terminal } = stage.session;
  const block = await client.channel(channel).block(name);
  heading(stage.session, `Fetching block ${block.number} by its number, and verifying it`);
  const view = blockView(terminal, block, block.transactions, SHOWN_TRANSACTIONS_MAX);
  terminal.print(view.replace(/^(?=.)/gm, '  '));
}

async function readStatus({ bus, cluster, prefix }: TourStage): Promise<ClusterStatus> {
  const subjects = subjectsOf(prefix);
  const orderers = cluster.orderers.map(({ name }) => name);
  const answers = await Promise.all(
    cluster.channels.map((channel) =>
      gatherChannel(bus, { subjects, channel, orderers, timeoutMs: ASK_TIMEOUT_MS }),
    ),
  );
  return clusterStatus(cluster.nats, orderers, answers);
}

/** Returns when every member has every block: what was just committed may still be on its way to some. */
async function verifyChain(stage: TourStage, channel: string): Promise<void> {
  const { bus, home, session, prefix } = stage;
  heading(session, `Verifying ${channel} from block 0 on every orderer`);
  const status = (await readStatus(stage)).channels.find((each) => each.channel === channel);
  const height = status?.height ?? 0;
  const up = status?.members.filter(({ state }) => state !== 'down') ?? [];
  // Every member is asked for every block of the highest: a block on its way is waited for.
  const members = up.map(({ name }) => ({ name, height }));
  const genesis = readFileOrFail(home.genesis(channel));
  const unverified = clientOver(bus, { prefix }).channel(channel, { verify: false, genesis });
  const bar = progressBar(session.terminal, 'verifying', height);
  const audit = await auditMembers(unverified, members, (done) => bar.update(done)).finally(() =>
    bar.stop(),
  );
  if (audit.finding !== null) {
    const { number, member, message } = audit.finding;
    throw new CommandError(
      'VERIFICATION_FAILED',
      5,
      `Block ${number} on ${member} is bad: ${message}.`,
    );
  }
  const tick = session.terminal.paint('green', '✓');
  const names = members.map(({ name }) => name).join(', ');
  session.terminal.print(
    `  ${tick} ${counted(audit.verified, 'block')}: hashes, signatures and chain verified from the bytes, the same bytes on ${members.length} orderers (${names}).`,
  );
}

async function showLeaders(stage: TourStage): Promise<ClusterStatus> {
  heading(stage.session, 'Who leads');
  const status = await readStatus(stage);
  stage.session.terminal.print(
    statusView(stage.session.terminal, status).replace(/^(?=.)/gm, '  '),
  );
  return status;
}

function showNext({ session, cluster, home }: TourStage, status: ClusterStatus): void {
  const { terminal } = session;
  const channel = channelOf(cluster);
  const leader = status.channels.find((each) => each.channel === channel)?.leader ?? 'orderer1';
  const isDefault = home.directory === `${process.cwd()}/.cairn`;
  const dir = isDefault ? '' : ` --dir ${home.directory}`;
  heading(session, 'Where things are');
  terminal.print(`  NATS        ${cluster.nats}   seed ${cluster.creds}`);
  for (const { name, http, operations } of cluster.orderers) {
    terminal.print(`  ${name.padEnd(11)} ${http}   ${operations}/metrics`);
  }
  terminal.print(`  logs        ${home.logsDirectory}`);
  heading(session, 'Try next, in another terminal');
  const commands = [
    [`npx cairn submit -c ${channel} 'hello'${dir}`, 'order something of your own'],
    [`npx cairn stop ${leader}${dir}`, 'stop the leader: another takes over'],
    [`npx cairn status --watch${dir}`, `watch it, then: npx cairn start ${leader}${dir}`],
  ];
  for (const [command = '', meaning = ''] of commands) {
    terminal.print(
      `  ${terminal.paint('green', command)}\n      ${terminal.paint('dim', meaning)}`,
    );
  }
}

/** All of it, on a cluster that is up. */
export async function walk(stage: TourStage): Promise<void> {
  const client = clientOver(stage.bus, { prefix: stage.prefix });
  const channel = channelOf(stage.cluster);
  const name = await orderInput(stage, client, channel);
  await showBlock(stage, client, channel, name);
  await verifyChain(stage, channel);
  showNext(stage, await showLeaders(stage));
}
