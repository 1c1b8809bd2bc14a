/**
 * `cairn verify`: proof instead of trust, from the bytes. Exit code 5 and the number of the first bad block if it fails.
 *
 *   -c C             every reachable member: the chain is verified and their bytes are compared
 *   --data DIR       the data directory of a stopped orderer
 *   --receipt FILE   what `submit --json` printed: that transaction stands where the receipt says
 *   --genesis FILE   block 0 by itself; together with -c or --receipt it pins the channel
 */
import { channelIdOf, decodeGenesis, LedgerError, toHex } from '@cairn/ledger';
import { nameSchema } from '@cairn/orderer/settings';
import type { Bus } from '@cairn/transport';
import { exitCodes, nodeCrypto, subjectsOf } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand, type Session } from '../command.ts';
import { clientOver, type Target, withBus } from '../connection.ts';
import { CommandError, unavailable, usageError } from '../errors.ts';
import { gatherChannel } from '../gather.ts';
import { readFileOrFail } from '../local/files.ts';
import { connectionOptions, meta } from '../options.ts';
import { counted } from '../present.ts';
import { progressBar } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import type { DataAudit, DataFinding } from '../verify/data.ts';
import { auditMembers, type MembersAudit } from '../verify/members.ts';
import { readReceipt, receiptFault } from '../verify/receipt.ts';

const file = (description: string) =>
  z
    .string()
    .min(1)
    .optional()
    .meta(meta({ description, variables: [] }));

const schema = z.object({
  channel: nameSchema.optional().meta(
    meta({
      description: 'Compare and verify every reachable member of it',
      alias: 'c',
      variables: [],
    }),
  ),
  data: file('Data directory of a stopped orderer'),
  receipt: file('File with a receipt; - for standard input'),
  genesis: file('File with block 0'),
  ...connectionOptions,
});

type Input = z.output<typeof schema>;

const ASK_TIMEOUT_MS = 1_500;

function failed(message: string): CommandError {
  return new CommandError('VERIFICATION_FAILED', exitCodes.verificationFailed, message);
}

function verifyGenesis(path: string): { bytes: Uint8Array; channel: string; channelId: string } {
  const bytes = readFileOrFail(path);
  const genesis = decodeGenesis(nodeCrypto, bytes);
  if (genesis instanceof LedgerError)
    throw failed(`${path} is not a valid block 0: ${genesis.message}.`);
  const { block, config } = genesis;
  return { bytes, channel: config.channel, channelId: toHex(channelIdOf(block)) };
}

/** The file that pins the channel, if one is given; throws if what is to be verified is another channel's. */
function genesisFor(input: Input, channel: string, channelId: string) {
  if (input.genesis === undefined) return undefined;
  const genesis = verifyGenesis(input.genesis);
  if (genesis.channelId === channelId) return genesis;
  throw failed(
    `${input.genesis} is block 0 of ${genesis.channel} with channel id ${genesis.channelId}, but ${channel} has the channel id ${channelId}.`,
  );
}

function reportMembers(
  terminal: Terminal,
  json: boolean,
  channel: string,
  audit: MembersAudit,
): number {
  const { members, verified, finding } = audit;
  if (json) terminal.print(JSON.stringify({ channel, ...audit }));
  if (finding !== null) {
    throw failed(
      `Block ${finding.number} of ${channel} on ${finding.member} is bad: ${finding.message}.`,
    );
  }
  if (json) return exitCodes.done;
  const tick = terminal.paint('green', '✓');
  for (const { name, height } of members) {
    const behind = verified - height;
    terminal.print(
      `${tick} ${name}: ${counted(height, 'block')}${behind > 0 ? `, ${behind} behind` : ''}`,
    );
  }
  terminal.print(
    `${tick} ${channel}: ${counted(verified, 'block')} verified from the bytes, the same on all ${members.length}.`,
  );
  return exitCodes.done;
}

async function verifyMembers(
  bus: Bus,
  target: Target,
  input: Input,
  session: Session,
): Promise<number> {
  const { channel = '', prefix } = input;
  const orderers = target.cluster?.orderers.map(({ name }) => name) ?? [];
  const timeoutMs = Math.min(input.timeoutMs, ASK_TIMEOUT_MS);
  const request = { subjects: subjectsOf(prefix), channel, orderers, timeoutMs };
  const { answers } = await gatherChannel(bus, request);
  if (answers.length === 0) await requireChannel(bus, input);
  const members = answers
    .map(({ orderer, info }) => ({ name: orderer, height: info.height }))
    .sort((left, right) => right.height - left.height || left.name.localeCompare(right.name));
  const channelId = answers[0]?.info.channelId ?? '';
  const genesis = genesisFor(input, channel, channelId)?.bytes;
  const client = clientOver(bus, input).channel(channel, {
    verify: false,
    ...(genesis && { genesis }),
  });
  const bar = progressBar(session.terminal, `verifying ${channel}`, members[0]?.height ?? 0);
  const audit = await auditMembers(client, members, (done, total) =>
    bar.update(done, total),
  ).finally(() => bar.stop());
  return reportMembers(session.terminal, input.json, channel, audit);
}

/** Nobody answered: says whether there is no such channel or nobody is up. */
async function requireChannel(bus: Bus, input: Input): Promise<never> {
  await clientOver(bus, input)
    .channel(input.channel ?? '')
    .info({ timeoutMs: ASK_TIMEOUT_MS });
  throw unavailable('NOT_RUNNING', `No member of ${input.channel} answers; see "cairn status".`);
}

function whereOf(directory: string, { channel, number }: DataFinding): string {
  if (channel === null) return directory;
  return number === null
    ? `${channel} in ${directory}`
    : `Block ${number} of ${channel} in ${directory}`;
}

function reportData(
  terminal: Terminal,
  json: boolean,
  directory: string,
  { channels, findings }: DataAudit,
): number {
  if (json) terminal.print(JSON.stringify({ directory, channels, findings }));
  const [first] = findings;
  if (first !== undefined) {
    const more = findings.length > 1 ? ` (${findings.length - 1} more findings: --json)` : '';
    throw failed(`${whereOf(directory, first)} is bad: ${first.message}${more}`);
  }
  if (json) return exitCodes.done;
  for (const { channel, height } of channels) {
    const tick = terminal.paint('green', '✓');
    terminal.print(
      `${tick} ${channel}: ${counted(height, 'block')} verified from the bytes on disk`,
    );
  }
  return exitCodes.done;
}

async function verifyData(input: Input, { terminal }: Session): Promise<number> {
  const { data = '' } = input;
  // Loaded only here: no other command should wait for the database.
  const { auditData } = await import('../verify/data.ts');
  const bar = progressBar(terminal, 'verifying', 0);
  const audit = await auditData(data, (done, total) => bar.update(done, total)).finally(() =>
    bar.stop(),
  );
  return reportData(terminal, input.json, data, audit);
}

async function verifyReceipt(bus: Bus, input: Input, { terminal }: Session): Promise<number> {
  const receipt = await readReceipt(input.receipt ?? '-');
  const { channelId, channel: name } = receipt;
  const genesis = genesisFor(input, name, channelId)?.bytes;
  const channel = clientOver(bus, input).channel(name, { channelId, ...(genesis && { genesis }) });
  const fault = receiptFault(
    receipt,
    await channel.block(receipt.block, { timeoutMs: input.timeoutMs }),
  );
  const { id, block, index } = receipt;
  if (input.json) terminal.print(JSON.stringify({ receipt, valid: fault === null }));
  if (fault !== null) throw failed(`The receipt of ${id} does not hold: ${fault}.`);
  if (!input.json) {
    terminal.print(
      `${terminal.paint('green', '✓')} ${id} is transaction ${index} of block ${block} of ${name}.`,
    );
  }
  return exitCodes.done;
}

function reportGenesis(input: Input, { terminal }: Session): number {
  const { channel, channelId } = verifyGenesis(input.genesis ?? '');
  if (input.json) terminal.print(JSON.stringify({ channel, channelId }));
  else
    terminal.print(
      `${terminal.paint('green', '✓')} block 0 of ${channel}, channel id ${channelId}`,
    );
  return exitCodes.done;
}

export const verifyCommand = defineCommand({
  name: 'verify',
  summary: 'Verify chains, data directories, receipts and genesis files from their bytes',
  examples: [
    ['cairn verify -c mychannel', 'all members, compared byte by byte'],
    ['cairn verify --data .cairn/data/orderer3', 'a stopped orderer'],
    ['cairn verify --receipt receipt.json', 'that a transaction stands where its receipt says'],
  ],
  schema,
  run: async (input, session) => {
    const wished = [input.channel, input.data, input.receipt].filter((each) => each !== undefined);
    if (wished.length > 1) throw usageError('Give one of -c, --data and --receipt.');
    if (input.data !== undefined) return await verifyData(input, session);
    if (input.receipt !== undefined) {
      return await withBus(input, session, (bus) => verifyReceipt(bus, input, session));
    }
    if (input.channel !== undefined) {
      return await withBus(input, session, (bus, target) =>
        verifyMembers(bus, target, input, session),
      );
    }
    if (input.genesis !== undefined) return reportGenesis(input, session);
    throw usageError('Say what to verify: -c, --data, --receipt or --genesis.');
  },
});
