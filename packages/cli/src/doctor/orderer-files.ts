/**
 * The files of one orderer: its configuration, its two keys, block 0 of each of its channels, and whether they belong
 * together.
 */
import { ConfigError, loadOrdererConfig, type OrdererConfig } from '@cairn/orderer/settings';
import { CommandError } from '../errors.ts';
import { readGenesisConfig } from '../local/genesis.ts';
import { publicKeyOf } from '../local/keys.ts';
import { type Finding, findingsOf } from './finding.ts';

export interface OrdererFiles {
  readonly findings: readonly Finding[];
  /** Null if it cannot be started with. */
  readonly config: OrdererConfig | null;
}

export function examineOrdererFiles(path: string, environment: NodeJS.ProcessEnv): OrdererFiles {
  try {
    const config = loadOrdererConfig(path, environment);
    const { name, channels } = config;
    const { ok } = findingsOf('configuration', name);
    const findings = [
      ok(`${path} is complete.`),
      examineKeys(config),
      ...channels.map((channel) => examineGenesis(config, channel)),
      ...(channels.length === 0 ? [noChannels(name, path)] : []),
    ];
    return { config, findings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { config: null, findings: [unusable(path, error)] };
  }
}

function unusable(path: string, { code, message }: ConfigError): Finding {
  const isKey = code.startsWith('SEED_');
  const { problem } = findingsOf(isKey ? 'keys' : 'configuration', path);
  const remedy = isKey
    ? 'Give this process its own key files, readable by nobody else; a lost signing key cannot be made again.'
    : 'Correct the file or the variable; every key is listed in docs/reference/configuration.md.';
  return problem(message, remedy);
}

function noChannels(name: string, path: string): Finding {
  return findingsOf('genesis', name).warning(
    `${path} names no channel: this orderer has nothing to do.`,
    'Name its channels and their genesis files under "channels".',
  );
}

function examineKeys({ name, keys, nats }: OrdererConfig): Finding {
  const { ok, warning } = findingsOf('keys', name);
  const signing = publicKeyOf(keys.signingSeedFile);
  if (keys.loginSeedFile === undefined) {
    return nats.credentialsFile === undefined
      ? warning(
          'It logs in to NATS without a key: whoever reaches the server can speak as it.',
          'Give it a login ("keys.loginSeedFile") and the server permissions, as "cairn init" writes them.',
        )
      : ok(`It signs as ${signing} and logs in with ${nats.credentialsFile}.`);
  }
  if (publicKeyOf(keys.loginSeedFile) === signing) {
    return warning(
      'One key serves as login and as signature: a broker may ask a login key to sign what it likes.',
      'Make another key for the login; the signing key is in block 0 and stays.',
    );
  }
  return ok(`It signs as ${signing}; the login has a key of its own.`);
}

/** Against block 0: members that came later are not in it, so a stranger there is only a warning. */
function examineGenesis(
  { name, keys }: OrdererConfig,
  channel: OrdererConfig['channels'][number],
): Finding {
  const { ok, warning, problem } = findingsOf('genesis', `${name}, ${channel.name}`);
  const genesis = genesisIn(channel.genesis);
  if (typeof genesis === 'string') {
    return problem(genesis, 'Copy the genesis file again from where the channel was made.');
  }
  if (genesis.channel !== channel.name) {
    return problem(
      `${channel.genesis} is block 0 of ${genesis.channel}, not of ${channel.name}.`,
      'Correct the name or the file; a genesis file is named after its channel.',
    );
  }
  const member = genesis.members.find((each) => each.name === name);
  if (member === undefined) {
    return warning(
      `${name} is no member in block 0 of ${channel.name}.`,
      'If it was not added later, take the channel out of its configuration.',
    );
  }
  const own = publicKeyOf(keys.signingSeedFile);
  if (member.key !== own) {
    return problem(
      `${name} signs as ${own}, but block 0 of ${channel.name} knows it as ${member.key}: the others drop what it says.`,
      'Give it the signing key that belongs to this name, or the genesis file that belongs to this key.',
    );
  }
  return ok(`Block 0 names it as ${member.role} ${member.id} with this key.`);
}

function genesisIn(path: string): ReturnType<typeof readGenesisConfig> | string {
  try {
    return readGenesisConfig(path);
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
}
