/**
 * Orderers as their processes run them, in this process: real NATS, real disks in a temporary directory, real listeners.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodeKey,
  encodeSeed,
  genesisBlock,
  initialConfig,
  parseChannelName,
  parseOrdererName,
} from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';
// @boundaries-ignore the guarded server is shared by the tests of all packages
import { startNatsServer, type TestNatsServer } from '../../../../test/support/nats-server.ts';
import type { OrdererConfig } from '../../src/config.ts';
import { ordererFileSchema } from '../../src/config-schema.ts';
import { type RunningOrderer, runOrderer } from '../../src/run-orderer.ts';

export interface ClusterWish {
  readonly orderers: number;
  /** Names of the orderers of each channel. */
  readonly channels: Readonly<Record<string, readonly string[]>>;
  readonly batch?: Parameters<typeof initialConfig>[0]['batch'];
  /** For nats-server. */
  readonly configuration?: string;
  /** Done to each orderer's files before any of them is started. */
  readonly prepare?: (config: OrdererConfig) => Promise<void>;
}

export class RunningCluster {
  readonly nats: TestNatsServer;
  readonly #folder: string;
  readonly #configs = new Map<string, OrdererConfig>();
  readonly #running = new Map<string, RunningOrderer>();

  static async start(wish: ClusterWish): Promise<RunningCluster> {
    const { configuration = '' } = wish;
    const cluster = new RunningCluster(await startNatsServer({ configuration }), wish);
    try {
      for (const config of cluster.#configs.values()) await wish.prepare?.(config);
      for (const name of cluster.#configs.keys()) await cluster.startOrderer(name);
      return cluster;
    } catch (error) {
      await cluster.end();
      throw error;
    }
  }

  private constructor(nats: TestNatsServer, wish: ClusterWish) {
    this.nats = nats;
    this.#folder = mkdtempSync(join(tmpdir(), 'cairn-orderers-'));
    const names = Array.from({ length: wish.orderers }, (_, at) => `orderer${at + 1}`);
    for (const [channel, members] of Object.entries(wish.channels)) {
      this.#writeGenesis(channel, members, wish);
    }
    for (const name of names) this.#configs.set(name, this.#configOf(name, wish));
  }

  #writeGenesis(channel: string, members: readonly string[], { batch }: ClusterWish): void {
    const config = initialConfig({
      channel: parseChannelName(channel),
      createdMs: 1_790_000_000_000,
      members: members.map((name) => ({
        name: parseOrdererName(name),
        key: encodeKey(nodeCrypto.createSigner(seedOf(name)).publicKey),
        role: 'voter' as const,
      })),
      ...(batch !== undefined && { batch }),
    });
    writeFileSync(join(this.#folder, `${channel}.genesis`), genesisBlock(config, nodeCrypto).bytes);
  }

  #configOf(name: string, { channels }: ClusterWish): OrdererConfig {
    const signingSeedFile = join(this.#folder, `${name}.nk`);
    writeFileSync(signingSeedFile, encodeSeed(seedOf(name)), { mode: 0o600 });
    return ordererFileSchema.parse({
      name,
      directory: join(this.#folder, name),
      nats: { servers: [this.nats.url] },
      keys: { signingSeedFile },
      channels: Object.entries(channels)
        .filter(([, members]) => members.includes(name))
        .map(([channel]) => ({
          name: channel,
          genesis: join(this.#folder, `${channel}.genesis`),
        })),
      http: { port: 0 },
      operations: { port: 0 },
      log: { file: this.logFile(name) },
    });
  }

  logFile(name: string): string {
    return join(this.#folder, `${name}.log`);
  }

  configOf(name: string): OrdererConfig {
    return this.#configs.get(name)!;
  }

  async startOrderer(name: string): Promise<void> {
    const fatal = (error: Error): void => {
      throw error;
    };
    this.#running.set(name, await runOrderer(this.configOf(name), { fatal }));
  }

  async stopOrderer(name: string): Promise<void> {
    await this.#running.get(name)?.stop();
    this.#running.delete(name);
  }

  /** Address of the HTTP door. */
  door(name: string): string {
    return `http://127.0.0.1:${this.#running.get(name)!.httpPort}`;
  }

  operations(name: string): string {
    return `http://127.0.0.1:${this.#running.get(name)!.operationsPort}`;
  }

  get names(): string[] {
    return [...this.#running.keys()];
  }

  /** Waits until every orderer says it is ready. */
  async ready(): Promise<void> {
    for (const name of this.names) {
      await until(async () => (await fetch(`${this.operations(name)}/readyz`)).status === 200);
    }
  }

  async end(): Promise<void> {
    for (const name of this.names) await this.stopOrderer(name);
    await this.nats.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function seedOf(name: string): Uint8Array {
  return nodeCrypto.sha256(new TextEncoder().encode(name));
}

export async function until(condition: () => Promise<boolean>, limitMs = 15_000): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
