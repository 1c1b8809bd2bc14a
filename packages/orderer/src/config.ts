/**
 * Reads one orderer's configuration: YAML file, then `CAIRN_*` variables, then defaults (see `config-schema.ts`).
 *
 * What comes out is complete and checked: paths are absolute (relative ones are taken from the file's own folder, so a
 * directory can be moved), files that must exist do, and no seed can be read by other users of the machine.
 * Every fault is one sentence that names the file and the key, with exit code 2.
 */
import { accessSync, constants, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type OrdererFile, ordererFileSchema, ordererSettings } from './config-schema.ts';

export type OrdererConfig = OrdererFile;

export type ConfigErrorCode =
  | 'CONFIG_NOT_FOUND'
  | 'CONFIG_INVALID'
  | 'SEED_NOT_FOUND'
  | 'SEED_INVALID'
  | 'SEED_EXPOSED';

/** A configuration nobody can start with. The message is one sentence for the person who wrote it. */
export class ConfigError extends Error {
  readonly code: ConfigErrorCode;
  readonly exitCode = 2;

  constructor(code: ConfigErrorCode, message: string) {
    super(message);
    this.name = 'ConfigError';
    this.code = code;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

type Plain = Record<string, unknown>;

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new ConfigError('CONFIG_NOT_FOUND', `The configuration file ${path} ${reason}.`);
  }
}

/** The plain value of a YAML text that is a map. Aliases are bounded by the parser; tags make nothing but data. */
function parseYamlMap(path: string, text: string): Plain {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [first] = document.errors;
  if (first !== undefined) {
    const { line, col } = lineCounter.linePos(first.pos[0]);
    throw new ConfigError(
      'CONFIG_INVALID',
      `${path} is not YAML: line ${line}, column ${col}: ${first.message}.`,
    );
  }
  const value: unknown = document.toJS();
  if (!isPlain(value)) {
    throw new ConfigError('CONFIG_INVALID', `${path} holds no settings: it must be a YAML map.`);
  }
  return value;
}

function readVariable(kind: 'text' | 'number' | 'list', text: string): unknown {
  switch (kind) {
    case 'text':
      return text;
    case 'list':
      return text.split(',').map((part) => part.trim());
    case 'number':
      return /^-?\d+$/.test(text) ? Number(text) : text;
  }
}

/** A copy of `target` with `value` at `path`; what stands in the way and is no map is left for the schema to refuse. */
function withValue(target: Plain, path: readonly string[], value: unknown): Plain {
  const [key, ...rest] = path;
  if (key === undefined) {
    return target;
  }
  if (rest.length === 0) {
    return { ...target, [key]: value };
  }
  const inner = target[key] ?? {};
  return isPlain(inner) ? { ...target, [key]: withValue(inner, rest, value) } : target;
}

function withEnvironment(file: Plain, environment: Environment): Plain {
  return ordererSettings.reduce((merged, { path, variable, kind }) => {
    const text = environment[variable];
    return text === undefined || text === ''
      ? merged
      : withValue(merged, path, readVariable(kind, text));
  }, file);
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => (path === '' ? key : `${path}.${key}`));
    return `unknown key ${keys.map((key) => `"${key}"`).join(', ')}`;
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return missing
    ? `"${path}" is missing`
    : `"${path}" ${issue.message.replace(/^[A-Z]/, (c) => c.toLowerCase())}`;
}

/** One sentence for what a schema refused: `orderer.yaml: unknown key "htpp"; "name" is missing.` */
export function describeIssues(source: string, issues: readonly z.core.$ZodIssue[]): string {
  return `${source}: ${issues.map(describeIssue).join('; ')}.`;
}

/**
 * Whether others than this process's user can get at the file. As in OpenSSH, the group of a file counts only if the file
 * is this user's own: a seed that root hands over (a Kubernetes secret, a systemd credential) is readable by a group, or by
 * an access list that looks like one, because this process could not read it otherwise.
 */
function isExposed({ mode, uid }: Stats): boolean {
  const isOwn = uid === process.getuid?.();
  return process.platform !== 'win32' && (mode & (isOwn ? 0o077 : 0o027)) !== 0;
}

/**
 * The text of a seed file, trimmed. Refuses one that other users of the machine can read or write, and one that is
 * no user seed (58 characters beginning with SU).
 */
export function readSeedFile(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new ConfigError(
      'SEED_NOT_FOUND',
      `The key file ${path} does not exist; "cairn init" makes keys.`,
    );
  }
  if (isExposed(stats)) {
    throw new ConfigError(
      'SEED_EXPOSED',
      `The key file ${path} can be read by other users (mode ${(stats.mode & 0o777).toString(8)}); run: chmod 600 ${path}`,
    );
  }
  const seed = readFileSync(path, 'utf8').trim();
  if (!/^SU[A-Z2-7]{56}$/.test(seed)) {
    throw new ConfigError(
      'SEED_INVALID',
      `The key file ${path} holds no seed of a user key (SU...).`,
    );
  }
  return seed;
}

function requireFile(source: string, key: string, path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch {
    throw new ConfigError(
      'CONFIG_NOT_FOUND',
      `${source}: "${key}" names ${path}, which cannot be read.`,
    );
  }
}

function withAbsolutePaths(file: OrdererFile, folder: string): OrdererConfig {
  const absolute = (path: string): string => resolve(folder, path);
  const { credentialsFile } = file.nats;
  const { loginSeedFile } = file.keys;
  return {
    ...file,
    directory: absolute(file.directory),
    nats: { ...file.nats, ...(credentialsFile && { credentialsFile: absolute(credentialsFile) }) },
    keys: {
      signingSeedFile: absolute(file.keys.signingSeedFile),
      ...(loginSeedFile && { loginSeedFile: absolute(loginSeedFile) }),
    },
    channels: file.channels.map(({ name, genesis }) => ({ name, genesis: absolute(genesis) })),
    log: { ...file.log, ...(file.log.file && { file: absolute(file.log.file) }) },
  };
}

function checkFiles(source: string, config: OrdererConfig): void {
  readSeedFile(config.keys.signingSeedFile);
  if (config.nats.credentialsFile !== undefined) {
    requireFile(source, 'nats.credentialsFile', config.nats.credentialsFile);
  }
  if (config.keys.loginSeedFile !== undefined) {
    readSeedFile(config.keys.loginSeedFile);
  }
  for (const { name, genesis } of config.channels) {
    requireFile(source, `channels: ${name}: genesis`, genesis);
  }
}

/**
 * The configuration in `path` with the environment laid over it.
 *
 * @throws ConfigError (exit code 2) with one sentence: no such file, no YAML, unknown or missing keys, values out of
 *   range, files that are not there, seeds that others can read.
 */
export function loadOrdererConfig(path: string, environment: Environment): OrdererConfig {
  const raw = withEnvironment(parseYamlMap(path, readText(path)), environment);
  const parsed = ordererFileSchema.safeParse(raw);
  if (!parsed.success) {
    throw new ConfigError('CONFIG_INVALID', describeIssues(path, parsed.error.issues));
  }
  const config = withAbsolutePaths(parsed.data, dirname(resolve(path)));
  checkFiles(path, config);
  return config;
}
