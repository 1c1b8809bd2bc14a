/**
 * A real cluster for tests: what `cairn init` makes in a temporary directory, a nats-server with that configuration, and
 * every orderer a process of its own, the built command as users run it.
 *
 * Nothing of it outlives the test process, however that ends. The cluster is driven from outside only: signals, NATS with
 * the client's key, HTTP, files.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Client, connect as connectClient } from '@cairn/client';
import { connect as connectNats, type NatsConnection, nkeyAuthenticator } from 'nats';
import { type GuardedDirectory, makeGuardedDirectory } from './guarded-directory.ts';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { parseMetrics, type Samples } from './metrics.ts';
import { startNatsServer, type TestNatsServer } from './nats-server.ts';
import { findFreePorts } from './ports.ts';
import { until } from './until.ts';

const checkout = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../..' : '../..', import.meta.url),
);

/** The command as users run it, built. */
export const cairnProgram = join(checkout, 'packages', 'cli', 'bin', 'cairn.js');

export interface ClusterOptions {
  /** 5 unless told. */
  readonly orderers?: number;
  /** YAML by channel; `mychannel` with all orderers unless told. */
  readonly channels?: Readonly<Record<string, string>>;
}

export interface OrdererPlace {
  readonly name: string;
  /** URLs of its two listeners. */
  readonly http: string;
  readonly operations: string;
  /** Paths. */
  readonly data: string;
  readonly config: string;
  readonly log: string;
}

export interface LogLine {
  readonly time: number;
  readonly level: number;
  readonly channel?: string;
  readonly term?: number;
  readonly msg: string;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const readyTimeoutMs = 60_000;

/** Settings of the person who runs the tests do not reach what they start. */
function environmentWithoutSettings(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('CAIRN_') && !name.startsWith('NATS_'),
  );
  return Object.fromEntries(kept);
}

/** Runs the command and waits for its end; never throws for its exit code. */
export async function cairn(
  parameters: readonly string[],
  options: { readonly timeoutMs?: number; readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<CommandResult> {
  const settings = {
    env: { ...environmentWithoutSettings(), ...options.environment },
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL' as const,
    maxBuffer: 64 * 1024 * 1024,
  };
  try {
    const done = await promisify(execFile)(
      process.execPath,
      [cairnProgram, ...parameters],
      settings,
    );
    return { exitCode: 0, ...done };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    return { exitCode: typeof code === 'number' ? code : -1, stdout, stderr };
  }
}

/** Makes everything and starts it; returns when every channel has a leader. */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const cluster = await makeCluster(options);
  try {
    await cluster.startNats();
    await Promise.all(cluster.names.map((name) => cluster.start(name)));
    for (const channel of cluster.channels) await cluster.waitForLeader(channel);
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/** Only the directory: keys, configuration, genesis blocks. */
export async function makeCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { orderers = 5, channels = { mychannel: 'channel: mychannel\n' } } = options;
  const guarded = makeGuardedDirectory('cairn-cluster-');
  const directory = join(guarded.path, 'state');
  const definitions = join(guarded.path, 'channels');
  mkdirSync(definitions);
  for (const [channel, yaml] of Object.entries(channels)) {
    writeFileSync(join(definitions, `${channel}.yaml`), yaml);
  }
  const ports = await findFreePorts();
  const made = await cairn([
    ...['init', '--json', '--dir', directory, '--orderers', `${orderers}`],
    ...['--channels-dir', definitions, '--nats-port', `${ports.nats}`],
    ...['--http-port', `${ports.http}`, '--operations-port', `${ports.operations}`],
  ]);
  if (made.exitCode !== 0) {
    await guarded.remove();
    throw new Error(`cairn init ended with ${made.exitCode}: ${made.stderr}`);
  }
  return new TestCluster(guarded, directory);
}

interface ClusterFile {
  readonly nats: string;
  readonly creds: string;
  readonly channels: readonly string[];
  readonly orderers: readonly OrdererPlace[];
}

export class TestCluster {
  /** What `--dir` names. */
  readonly directory: string;
  readonly natsUrl: string;
  readonly channels: readonly string[];
  readonly names: readonly string[];
  readonly #guarded: GuardedDirectory;
  readonly #places: ReadonlyMap<string, OrdererPlace>;
  readonly #processes = new Map<string, GuardedProcess>();
  readonly #closers: (() => Promise<unknown>)[] = [];
  #nats: TestNatsServer | null = null;

  /** Use `startCluster` or `makeCluster`. */
  constructor(guarded: GuardedDirectory, directory: string) {
    this.#guarded = guarded;
    this.directory = directory;
    const file: ClusterFile = JSON.parse(readFileSync(join(directory, 'cluster.json'), 'utf8'));
    this.natsUrl = file.nats;
    this.channels = file.channels;
    this.names = file.orderers.map(({ name }) => name);
    mkdirSync(join(directory, 'logs'), { recursive: true });
    this.#places = new Map(
      file.orderers.map((place) => [
        place.name,
        { ...place, config: join(directory, 'orderers', `${place.name}.yaml`) },
      ]),
    );
  }

  // Processes.

  async startNats(): Promise<TestNatsServer> {
    const configuration = readFileSync(join(this.directory, 'nats', 'nats-server.conf'), 'utf8');
    const port = Number(new URL(this.natsUrl).port);
    this.#nats = await startNatsServer({ configuration, port });
    return this.#nats;
  }

  /** SIGKILL. */
  async stopNats(): Promise<void> {
    await this.#nats?.stop();
    this.#nats = null;
  }

  place(name: string): OrdererPlace {
    const place = this.#places.get(name);
    if (place === undefined) throw new Error(`There is no ${name} in this cluster.`);
    return place;
  }

  process(name: string): GuardedProcess {
    const found = this.#processes.get(name);
    if (found === undefined) throw new Error(`${name} was never started.`);
    return found;
  }

  isRunning(name: string): boolean {
    return this.#processes.get(name)?.isRunning() ?? false;
  }

  /** Starts it without waiting until it is ready. */
  async launch(name: string, environment: NodeJS.ProcessEnv = {}): Promise<GuardedProcess> {
    const { config, log } = this.place(name);
    const launched = await startGuarded({
      command: process.execPath,
      parameters: [cairnProgram, 'orderer', '--config', config],
      outputFile: log,
      environment: { ...environmentWithoutSettings(), ...environment },
    });
    this.#processes.set(name, launched);
    return launched;
  }

  /** Returns when its listeners answer; it may not know a leader yet. */
  async start(name: string, environment: NodeJS.ProcessEnv = {}): Promise<void> {
    const launched = await this.launch(name, environment);
    await until(
      `${name} answers`,
      () => {
        if (!launched.isRunning()) throw new Error(`${name} ended:\n${this.outputTail(name)}`);
        return this.readiness(name);
      },
      readyTimeoutMs,
    );
  }

  /** SIGTERM; the exit code when it has ended. */
  async stop(name: string): Promise<number> {
    this.process(name).signal('SIGTERM');
    return this.process(name).ended;
  }

  /** SIGKILL; returns when it has ended. */
  async kill(name: string): Promise<void> {
    this.process(name).signal('SIGKILL');
    await this.process(name).ended;
  }

  pause(name: string): void {
    this.process(name).signal('SIGSTOP');
  }

  continue(name: string): void {
    this.process(name).signal('SIGCONT');
  }

  // Looking.

  /** What `/readyz` says, whatever its status; null if nobody answers. */
  async readiness(name: string): Promise<{ readonly ready: boolean } | null> {
    try {
      const response = await fetch(`${this.place(name).operations}/readyz`);
      return (await response.json()) as { ready: boolean };
    } catch {
      return null;
    }
  }

  /** Null if nobody answers. */
  async metrics(name: string): Promise<Samples | null> {
    try {
      const signal = AbortSignal.timeout(2_000);
      const response = await fetch(`${this.place(name).operations}/metrics`, { signal });
      return parseMetrics(await response.text());
    } catch {
      return null;
    }
  }

  /** One metric of every orderer that answers, by orderer. */
  async metricOfAll(sample: string): Promise<ReadonlyMap<string, number | undefined>> {
    const answers = await Promise.all(
      this.names.map(async (name) => [name, await this.metrics(name)] as const),
    );
    return new Map(
      answers.flatMap(([name, samples]) =>
        samples === null ? [] : [[name, samples.get(sample)] as const],
      ),
    );
  }

  /** The log lines of all its processes so far, in order; what is no JSON is left out. */
  log(name: string): LogLine[] {
    const { log } = this.place(name);
    const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
    return text.split('\n').flatMap((line) => {
      try {
        return line.startsWith('{') ? [JSON.parse(line) as LogLine] : [];
      } catch {
        return [];
      }
    });
  }

  outputTail(name: string): string {
    const { log } = this.place(name);
    return existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-20).join('\n') : '';
  }

  /** The one orderer whose own metrics say that it leads, and that no other contradicts in a newer term. */
  async leader(channel = 'mychannel'): Promise<string | null> {
    const [leads, terms] = await Promise.all([
      this.metricOfAll(`cairn_raft_is_leader{channel="${channel}"}`),
      this.metricOfAll(`cairn_raft_term{channel="${channel}"}`),
    ]);
    const leaders = [...leads].filter(([, value]) => value === 1).map(([name]) => name);
    const newestTerm = Math.max(...[...terms.values()].map((term) => term ?? 0));
    return leaders.find((name) => terms.get(name) === newestTerm) ?? null;
  }

  waitForLeader(channel = 'mychannel', except: string | null = null): Promise<string> {
    return until(`${channel} has a leader`, async () => {
      const leader = await this.leader(channel);
      return leader !== except && leader;
    });
  }

  /** Every running orderer has this height. */
  async waitForHeight(height: number, names = this.names, channel = 'mychannel'): Promise<void> {
    const sample = `cairn_ledger_height{channel="${channel}"}`;
    await until(`${names} have height ${height}`, async () => {
      const heights = await this.metricOfAll(sample);
      return names.every((name) => (heights.get(name) ?? 0) >= height);
    });
  }

  genesis(channel = 'mychannel'): Buffer {
    return readFileSync(join(this.directory, 'channels', `${channel}.genesis`));
  }

  seed(user: string): string {
    return readFileSync(join(this.directory, 'keys', `${user}.nk`), 'utf8').trim();
  }

  // Clients; closed with the cluster.

  async sdk(): Promise<Client> {
    const client = await connectClient({
      servers: this.natsUrl,
      credentials: { nkeySeed: this.seed('client') },
      inboxPrefix: '_INBOX.client',
    });
    this.#closers.push(() => client.close());
    return client;
  }

  /** A stock NATS client with nothing but a key: the client's unless told. */
  async bare(user = 'client'): Promise<NatsConnection> {
    const seed = new TextEncoder().encode(this.seed(user));
    const connection = await connectNats({
      servers: this.natsUrl,
      authenticator: nkeyAuthenticator(seed),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
      ...(user === 'client' ? {} : { inboxPrefix: `_INBOX.${user}` }),
    });
    this.#closers.push(() => connection.close());
    return connection;
  }

  /** Ends everything and removes the directory. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#closers.splice(0).map((close) => close()));
    for (const each of this.#processes.values()) each.signal('SIGKILL');
    await Promise.all([...this.#processes.values()].map(({ ended }) => ended));
    await this.stopNats();
    await this.#guarded.remove();
  }
}
