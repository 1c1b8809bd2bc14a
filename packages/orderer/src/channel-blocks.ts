/**
 * Blocks of one channel by number, transactions by id, members by name: everything that is looked up.
 *
 * Committed blocks come from the disk, or from memory while the index has not caught up with them. The index itself is
 * asked last, and not at all for an id greater than every indexed one: fresh time-ordered ids cost no disk access.
 */
import {
  type Block,
  type BlockNaming,
  type BlockNumber,
  CONFIG_ID_PREFIX,
  type ConfigAt,
  type Crypto,
  decodeBlock,
  decodeBlockHead,
  isReservedId,
  jsonOfBlock,
  jsonOfHeader,
  type OrdererName,
  orThrow,
  parseBlockNumber,
  readAscii,
  toHex,
  utf8,
} from '@cairn/ledger';
import type { Index } from '@cairn/raft';
import type { ChannelStore } from '@cairn/store';
import type { ChainLog, LogPoint } from './chain-log.ts';
import { assert } from './errors.ts';
import type { IndexBacklog } from './index-backlog.ts';
import { leafMarkIn } from './leaf-mark.ts';
import { NEAR_BLOCKS } from './reads.ts';
import type { Found } from './submissions.ts';
import { passingBytes } from './text-bytes.ts';
import type { TransactionIds } from './transaction-ids.ts';

const HASHES_KEPT = 256;

export interface ChannelBlocksParts {
  readonly naming: Pick<BlockNaming, 'channel' | 'channelId'>;
  readonly crypto: Crypto;
  readonly store: ChannelStore;
  readonly log: ChainLog;
  readonly ids: TransactionIds;
  readonly backlog: IndexBacklog;
  readonly configs: readonly ConfigAt[];
}

export class ChannelBlocks {
  readonly #parts: ChannelBlocksParts;
  readonly #naming: BlockNaming;
  readonly #configNumbers = new Set<number>();
  readonly #names = new Map<number, OrdererName>();
  /** Hex hashes of blocks that duplicates pointed at lately, oldest first. */
  readonly #hashes = new Map<number, string>();
  #heightBelow: { readonly index: number; readonly height: number } = { index: -1, height: 0 };
  #greatest: { readonly id: string; readonly bytes: Uint8Array } = { id: '', bytes: utf8('') };

  constructor(parts: ChannelBlocksParts) {
    this.#parts = parts;
    const { channel, channelId } = parts.naming;
    this.#naming = { channel, channelId, nameOf: (id) => this.nameOfMember(id) };
    for (const config of parts.configs) this.addConfig(config);
  }

  /** Ids are never reused, so a name once learnt stays right. */
  addConfig({ number, config }: ConfigAt): void {
    this.#configNumbers.add(number);
    for (const { id, name } of config.members) this.#names.set(id, name);
  }

  nameOfMember(id: number): OrdererName | null {
    return this.#names.get(id) ?? this.#nameInTail(id);
  }

  #nameInTail(id: number): OrdererName | null {
    const { members } = this.#parts.log.newest.state.config.config;
    return members.find((member) => member.id === id)?.name ?? null;
  }

  find(id: string): Found | null {
    if (isReservedId(id)) return this.#findConfig(id);
    const bytes = utf8(id);
    return this.findAt(bytes, 0, bytes.length);
  }

  /** The same for an id that is not reserved and stands at [start, start + length) of `bytes`. */
  findAt(bytes: Uint8Array, start: number, length: number): Found | null {
    const place = this.#parts.ids.find(bytes, start, length);
    return place === undefined
      ? this.#findIndexed(bytes, start, length)
      : this.#findRecent(place.block, place.index);
  }

  #findRecent(number: BlockNumber, index: number): Found {
    if (number > this.#parts.log.base.state.number) {
      const entry = this.#parts.log.entryOfBlock(number);
      assert(entry !== undefined, 'an id of the tail stands in an entry of the tail');
      return { kind: 'tail', at: { index: entry.index, term: entry.term } };
    }
    const block = this.#parts.backlog.find(number);
    assert(block !== undefined, 'a recent block stays in memory until it is indexed');
    const leafMark = leafMarkIn(this.#parts.crypto, block, index);
    return { kind: 'committed', block: number, index, blockHash: toHex(block.hash), leafMark };
  }

  /** The id of a config block says its number. */
  #findConfig(id: string): Found | null {
    const number = Number(id.slice(CONFIG_ID_PREFIX.length));
    if (!this.#configNumbers.has(number) || id !== `${CONFIG_ID_PREFIX}${number}`) return null;
    const block = orThrow(decodeBlock(this.#parts.crypto, this.bytesOf(number)));
    const leafMark = leafMarkIn(this.#parts.crypto, block, 0);
    return { kind: 'committed', block: number, index: 0, blockHash: toHex(block.hash), leafMark };
  }

  #findIndexed(bytes: Uint8Array, start: number, length: number): Found | null {
    const { store } = this.#parts;
    const greatest = this.#greatestIndexed();
    if (greatest === null || isAfter(bytes, start, length, greatest)) return null;
    const record = store.lookup(readAscii(bytes, start, length));
    if (record === null) return null;
    const { block, index, leaf16 } = record;
    return { kind: 'committed', block, index, blockHash: this.#hashOf(block), leafMark: leaf16 };
  }

  #greatestIndexed(): Uint8Array | null {
    const id = this.#parts.store.greatestId();
    if (id === null) return null;
    if (id !== this.#greatest.id) this.#greatest = { id, bytes: utf8(id) };
    return this.#greatest.bytes;
  }

  #hashOf(number: number): string {
    const kept = this.#hashes.get(number);
    if (kept !== undefined) return kept;
    const { hash } = orThrow(decodeBlockHead(this.#parts.crypto, this.bytesOf(number)));
    const [oldest] = this.#hashes.keys();
    if (this.#hashes.size >= HASHES_KEPT && oldest !== undefined) this.#hashes.delete(oldest);
    this.#hashes.set(number, toHex(hash));
    return toHex(hash);
  }

  /** The canonical bytes of a committed block. */
  bytesOf(number: number): Uint8Array {
    const recent = this.#parts.backlog.find(parseBlockNumber(number));
    if (recent !== undefined) return recent.bytes;
    const bytes = this.#parts.store.block(parseBlockNumber(number));
    assert(bytes !== null, `block ${number} is committed, so it is on disk`);
    return bytes;
  }

  jsonOf(bytes: Uint8Array): unknown {
    return jsonOfBlock(orThrow(decodeBlock(this.#parts.crypto, bytes)), this.#naming);
  }

  headerJsonOf(bytes: Uint8Array): unknown {
    return jsonOfHeader(orThrow(decodeBlockHead(this.#parts.crypto, bytes)), this.#naming);
  }

  /** What is published when a block commits. */
  eventOf(block: Block): Uint8Array {
    return passingBytes(JSON.stringify({ status: 200, block: jsonOfHeader(block, this.#naming) }));
  }

  /** How many blocks lie at or below a log index at or below the base. */
  heightAt(index: Index, base: LogPoint): number {
    if (index >= base.index) return base.state.number + 1;
    // Asked in every turn; below the base the answer never changes.
    if (index !== this.#heightBelow.index) {
      const height = (this.#parts.store.numberAtIndex(index) ?? -1) + 1;
      this.#heightBelow = { index, height };
    }
    return this.#heightBelow.height;
  }

  /** Worth waiting for: not committed here yet, or committed and not yet visible. */
  isNear(number: number, height: number): boolean {
    return number >= 0 && number < height + NEAR_BLOCKS;
  }
}

/** Whether the id at [start, start + length) of `bytes` is greater than `other`: as bytes, and so as text. */
function isAfter(bytes: Uint8Array, start: number, length: number, other: Uint8Array): boolean {
  for (let at = 0; at < length && at < other.length; at++) {
    const difference = bytes[start + at]! - other[at]!;
    if (difference !== 0) return difference > 0;
  }
  return length > other.length;
}
