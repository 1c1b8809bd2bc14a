/**
 * The audit of a stopped orderer's data directory: every record against its checksum, every channel's chain from the bytes.
 *
 * The store says which records are sound; hashes, signatures and the chain are judged here. The walk goes on behind
 * damage, but a channel's chain is only judged up to its first bad block.
 */
import { type ChainState, toHex, verifyNext } from '@cairn/ledger';
import { openLmdbDisk, type StoreFinding, verifyStore } from '@cairn/store';
import { nodeCrypto } from '@cairn/transport';

export interface ChannelAudit {
  readonly channel: string;
  readonly channelId: string;
  /** Blocks in the log, committed or not. */
  readonly height: number;
  readonly verified: number;
}

export interface DataFinding {
  /** Null: no single channel or block. */
  readonly channel: string | null;
  readonly number: number | null;
  readonly message: string;
}

export interface DataAudit {
  readonly channels: readonly ChannelAudit[];
  readonly findings: readonly DataFinding[];
}

interface ChannelWalk {
  readonly channel: string;
  readonly channelId: string;
  readonly height: number;
  verified: number;
  state: ChainState | null;
  broken: boolean;
}

type BlockFinding = Extract<StoreFinding, { type: 'block' }>;

/** Steps over the block, or says what is wrong with it. */
function judgeBlock(walk: ChannelWalk, { number, bytes }: BlockFinding): DataFinding | null {
  if (walk.broken) return null;
  const verdict = verifyNext(nodeCrypto, walk.state, bytes);
  if (verdict.ok) {
    walk.state = verdict.state;
    walk.verified = number + 1;
    return null;
  }
  walk.broken = true;
  return { channel: walk.channel, number, message: `${verdict.message} (${verdict.reason})` };
}

class Audit {
  readonly #walks = new Map<string, ChannelWalk>();
  readonly #findings: DataFinding[] = [];
  readonly #progress: (verified: number, height: number) => void;

  constructor(progress: (verified: number, height: number) => void) {
    this.#progress = progress;
  }

  accept(finding: StoreFinding): void {
    switch (finding.type) {
      case 'channel':
        return this.#begin(finding);
      case 'block':
        return this.#judge(finding);
      case 'damage':
        return this.#damage(finding);
      case 'store':
      case 'log':
      case 'index':
        return;
    }
  }

  result(): DataAudit {
    const channels = [...this.#walks.values()].map(({ channel, channelId, height, verified }) => ({
      channel,
      channelId,
      height,
      verified,
    }));
    return { channels, findings: this.#findings };
  }

  #begin({ channel, view }: Extract<StoreFinding, { type: 'channel' }>): void {
    this.#walks.set(channel.name, {
      channel: channel.name,
      channelId: toHex(channel.channelId),
      height: view.newestNumber + 1,
      verified: 0,
      state: null,
      broken: false,
    });
  }

  #judge(finding: BlockFinding): void {
    const walk = this.#walks.get(finding.channel.name);
    if (walk === undefined) return;
    const bad = judgeBlock(walk, finding);
    if (bad !== null) this.#findings.push(bad);
    this.#progress(walk.verified, walk.height);
  }

  #damage({ error }: Extract<StoreFinding, { type: 'damage' }>): void {
    const { channel = null, number = null, record } = error.details;
    const walk = channel === null ? undefined : this.#walks.get(channel);
    if (walk !== undefined) walk.broken = true;
    const blockNumber = record === 'block' ? number : null;
    this.#findings.push({ channel, number: blockNumber, message: error.message });
  }
}

/** Address space only: reading takes no memory of that size. */
const MAP_BYTES = 1024 ** 4;

/**
 * Throws a `StoreError`: the directory is in use (the orderer runs), holds no store, or is damaged before anything in it
 * can be read.
 */
export async function auditData(
  directory: string,
  progress: (verified: number, height: number) => void,
): Promise<DataAudit> {
  const disk = await openLmdbDisk({
    directory,
    mapBytes: MAP_BYTES,
    readOnly: true,
    fatal: (error) => {
      throw error;
    },
  });
  try {
    const audit = new Audit(progress);
    for (const finding of verifyStore(disk)) audit.accept(finding);
    return audit.result();
  } finally {
    await disk.close();
  }
}
