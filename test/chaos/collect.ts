/**
 * The evidence of a run: every orderer's chain as it serves it, as it has it on disk, and what the logs say.
 */
import { openLmdbDisk, verifyStore } from '@cairn/store';
import { headers, type NatsConnection } from 'nats';
import type { TestCluster } from '../support/cluster.ts';
import type { Chains, Served } from './checker.ts';

const REQUESTS_AT_ONCE = 16;
const READ_PAUSE_MS = 200;
const MAP_BYTES = 1024 ** 4;

/** The canonical bytes of blocks 0 to height - 1 from this very orderer. */
async function fetchChain(
  nats: NatsConnection,
  channel: string,
  orderer: string,
  height: number,
): Promise<Buffer[]> {
  const chain: Buffer[] = [];
  let next = 0;
  const fetchOn = async (): Promise<void> => {
    while (next < height) {
      const number = next++;
      chain[number] = await fetchBytes(nats, channel, orderer, number);
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, fetchOn));
  return chain;
}

async function fetchBytes(
  nats: NatsConnection,
  channel: string,
  orderer: string,
  number: number,
): Promise<Buffer> {
  const fields = headers();
  fields.set('Accept', 'application/octet-stream');
  const reply = await nats.request(`cairn.${channel}.fetch.${orderer}`, `${number}`, {
    timeout: 15_000,
    headers: fields,
  });
  if (reply.headers?.get('Content-Type') !== 'application/octet-stream') {
    throw new Error(`${orderer} refused block ${number}: ${reply.string()}`);
  }
  return Buffer.from(reply.data);
}

/** What lies in the data directory of a stopped orderer, with every record's checksum checked. */
async function readDirectory(directory: string, channel: string): Promise<Buffer[]> {
  const disk = await openLmdbDisk({
    directory,
    mapBytes: MAP_BYTES,
    readOnly: true,
    fatal: (error) => {
      throw error;
    },
  });
  const chain: Buffer[] = [];
  try {
    for (const finding of verifyStore(disk)) {
      if (finding.type === 'damage') throw finding.error;
      if (finding.type === 'block' && finding.channel.name === channel) {
        chain[finding.number] = Buffer.from(finding.bytes);
      }
    }
  } finally {
    await disk.close();
  }
  return chain;
}

/** From every orderer as it serves it; then all are stopped, and from every directory. */
export async function collectChains(
  cluster: TestCluster,
  channel: string,
  height: number,
): Promise<Chains> {
  const chains = new Map<string, Buffer[]>();
  const nats = await cluster.bare();
  for (const name of cluster.names) {
    chains.set(name, await fetchChain(nats, channel, name, height));
  }
  await Promise.all(cluster.names.map((name) => cluster.stop(name)));
  for (const name of cluster.names) {
    chains.set(`${name} (disk)`, await readDirectory(cluster.place(name).data, channel));
  }
  return chains;
}

export function leadersInLogs(
  cluster: TestCluster,
  channel: string,
): { orderer: string; term: number }[] {
  return cluster.names.flatMap((orderer) =>
    cluster.log(orderer).flatMap((line) => {
      const found = /became leader at term (\d+)$/.exec(line.msg);
      return found === null || line.channel !== channel
        ? []
        : [{ orderer, term: Number(found[1]) }];
    }),
  );
}

/** Log lines of level error and above, by orderer. */
export function errorsInLogs(cluster: TestCluster): string[] {
  return cluster.names.flatMap((orderer) =>
    cluster
      .log(orderer)
      .filter(({ level }) => level >= 50)
      .map(({ msg }) => `${orderer}: ${msg}`),
  );
}

/** Reads while the cluster is disturbed: events, and random blocks of random orderers. */
export class Reader {
  readonly served: Served[] = [];
  readonly #nats: NatsConnection;
  readonly #cluster: TestCluster;
  readonly #channel: string;
  #newest = 0;
  #stopped = false;

  constructor(nats: NatsConnection, cluster: TestCluster, channel: string) {
    this.#nats = nats;
    this.#cluster = cluster;
    this.#channel = channel;
  }

  start(): Promise<unknown> {
    return Promise.all([this.#listen(), this.#fetchAtRandom()]);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #listen(): Promise<void> {
    const events = this.#nats.subscribe(`cairn.${this.#channel}.events`);
    for await (const event of events) {
      const { block } = event.json<{ block: { number: number; hash: string } }>();
      this.#newest = Math.max(this.#newest, block.number);
      this.served.push({ by: 'events', number: block.number, hash: block.hash });
      if (this.#stopped) break;
    }
  }

  async #fetchAtRandom(): Promise<void> {
    const { names } = this.#cluster;
    while (!this.#stopped) {
      const orderer = names[Math.floor(Math.random() * names.length)]!;
      const age = Math.floor(Math.random() * Math.random() * 20);
      await this.#fetch(orderer, Math.max(0, this.#newest - age));
      await new Promise((resolve) => setTimeout(resolve, READ_PAUSE_MS));
    }
  }

  async #fetch(orderer: string, number: number): Promise<void> {
    try {
      const subject = `cairn.${this.#channel}.fetch.${orderer}`;
      const reply = await this.#nats.request(subject, `${number}`, { timeout: 2_000 });
      const { block } = reply.json<{ block?: { number: number; hash: string } }>();
      if (block !== undefined) this.served.push({ by: orderer, number, hash: block.hash });
    } catch {
      // Nobody answers: it is down.
    }
  }
}
