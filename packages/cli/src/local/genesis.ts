/**
 * Block 0 of a channel: made once from its definition, kept as `<channel>.genesis`, never derived again.
 *
 * Its hash is the channel's identity. A definition that was edited afterwards changes nothing: the difference is reported.
 */
import { existsSync, readdirSync } from 'node:fs';
import {
  type ChannelConfig,
  decodeGenesis,
  encodeConfig,
  equalBytes,
  genesisBlock,
  initialConfig,
  LedgerError,
  type MemberRole,
  nobleCrypto,
  parseChannelName,
  parseOrdererName,
} from '@cairn/ledger';
import { exitCodes } from '@cairn/transport';
import { CommandError } from '../errors.ts';
import type { ChannelFile } from './channel-file.ts';
import { readFileOrFail, writeFileAtomically } from './files.ts';
import type { Home } from './home.ts';
import { publicKeyOf } from './keys.ts';

function refusalOf(channel: string, sentence: string): CommandError {
  return new CommandError(
    'CHANNEL_FILE_INVALID',
    exitCodes.usage,
    `The definition of channel ${channel} cannot be used: ${sentence}.`,
  );
}

interface MemberWish {
  readonly name: string;
  readonly role: MemberRole;
  readonly key?: string | undefined;
}

function wishesOf(file: ChannelFile, orderers: readonly string[]): MemberWish[] {
  const members = file.members === 'all' ? orderers : file.members;
  return members.map((member) =>
    typeof member === 'string' ? { name: member, role: 'voter' } : member,
  );
}

function keyOf(home: Home, channel: string, { name, key }: MemberWish): string {
  if (key !== undefined) return key;
  if (existsSync(home.signingSeed(name))) return publicKeyOf(home.signingSeed(name));
  throw refusalOf(channel, `"${name}" is no orderer of this cluster, so its public key is needed`);
}

/** The configuration a definition stands for, with the keys of this cluster's orderers. */
function definedConfig(
  home: Home,
  file: ChannelFile,
  orderers: readonly string[],
  createdMs: number,
): ChannelConfig {
  const members = wishesOf(file, orderers).map((wish) => ({
    name: parseOrdererName(wish.name),
    key: keyOf(home, file.channel, wish),
    role: wish.role,
  }));
  const { batch, raft } = file;
  try {
    return initialConfig({
      channel: parseChannelName(file.channel),
      createdMs,
      members,
      batch,
      raft,
    });
  } catch (error) {
    throw error instanceof LedgerError ? refusalOf(file.channel, error.message) : error;
  }
}

/** The configuration in a genesis file; a file that is no block 0 is named in the sentence. */
export function readGenesisConfig(path: string): ChannelConfig {
  const genesis = decodeGenesis(nobleCrypto, readFileOrFail(path));
  if (!(genesis instanceof LedgerError)) return genesis.config;
  throw new CommandError(
    'VERIFICATION_FAILED',
    exitCodes.verificationFailed,
    `${path} is not the block 0 of a channel: ${genesis.message}.`,
  );
}

/** The channels that have a block 0 in this home, sorted by name. */
export function knownChannels(home: Home): string[] {
  if (!existsSync(home.channelsDirectory)) return [];
  return readdirSync(home.channelsDirectory)
    .filter((file) => file.endsWith('.genesis'))
    .map((file) => file.slice(0, -'.genesis'.length))
    .sort();
}

export type GenesisOutcome = 'made' | 'kept' | 'differs';

/** Makes the genesis block if there is none; says whether the definition still is what the block holds. */
export function makeGenesis(
  home: Home,
  file: ChannelFile,
  orderers: readonly string[],
  nowMs: number,
): GenesisOutcome {
  const path = home.genesis(file.channel);
  if (!existsSync(path)) {
    const config = definedConfig(home, file, orderers, nowMs);
    writeFileAtomically(path, genesisBlock(config).bytes);
    return 'made';
  }
  const kept = readGenesisConfig(path);
  const defined = definedConfig(home, file, orderers, kept.createdMs);
  return equalBytes(encodeConfig(defined), encodeConfig(kept)) ? 'kept' : 'differs';
}
