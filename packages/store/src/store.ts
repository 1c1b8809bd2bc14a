/**
 * The store of one orderer: all its channels over one disk.
 *
 * Pure logic: no clock, no promise, no chance of its own. Callbacks come from the disk, in the order of the calls.
 *
 * I1  A turn is one disk transaction: what several channels write together becomes durable together.
 * I2  Nothing is handed to the disk before all of the turn was checked.
 * I3  The incarnation is chosen when the store is created and never changes: an empty directory is another incarnation.
 */

import type { HardState, Index, MemberId, Term } from '@cairn/raft';
import { hex, sameBytes } from './bytes.ts';
import { type ChannelStore, type Prepared, StoredChannel } from './channel-store.ts';
import type { Disk, DiskOperation } from './disk.ts';
import { assert, StoreError } from './errors.ts';
import { channelKey, storeKey } from './keys.ts';
import { operationsFor } from './operations.ts';
import { readChannelState } from './reading.ts';
import {
  CHANNEL_ID_BYTES,
  INCARNATION_BYTES,
  openRecord,
  readChannel,
  readFormatVersion,
  readStoreRest,
  type StoreRecord,
  sealChannel,
  sealStore,
} from './records.ts';
import type {
  ChannelPlace,
  ChannelState,
  ChannelToCreate,
  ChannelUpdate,
  EntryToWrite,
} from './types.ts';

export const FORMAT_VERSION = 1;

export interface StoreOptions {
  /** 8 random bytes; asked for only when a store is created. Null: do not create, refuse `STORE_MISSING`. */
  readonly incarnation: (() => Uint8Array) | null;
}

export interface ChannelWrite extends ChannelUpdate {
  readonly channel: ChannelStore;
}

export class Store {
  readonly #disk: Disk;
  readonly #places: ChannelPlace[];
  readonly #channels = new Map<string, StoredChannel>();
  readonly #bySlot: StoredChannel[] = [];
  /** Places issued by this process that are not durable yet. */
  readonly #creating = new Set<ChannelPlace>();
  #record: StoreRecord;
  /** True when this opening found an empty disk. The new store is durable before anything else that is. */
  readonly created: boolean;

  private constructor(disk: Disk, record: StoreRecord, places: ChannelPlace[], created: boolean) {
    this.#disk = disk;
    this.#record = record;
    this.#places = places;
    this.created = created;
  }

  /** Throws `STORE_TOO_NEW`, `STORE_MISSING` or `RECORD_DAMAGED`. A damaged channel is found by `channel`, not here. */
  static open(disk: Disk, options: StoreOptions): Store {
    const found = readStoreRecord(disk);
    if (found !== null) return new Store(disk, found, readPlaces(disk, found), false);
    const record = newStoreRecord(options);
    disk.commit([{ type: 'put', key: storeKey(), value: sealStore(storeKey(), record) }], () => {});
    return new Store(disk, record, [], true);
  }

  /** 8 bytes, the same for the life of the data directory. */
  get incarnation(): Uint8Array {
    return Uint8Array.from(this.#record.incarnation);
  }

  /** All durable channels, in the order of their creation. */
  channels(): readonly ChannelPlace[] {
    return this.#places.filter((place) => !this.#creating.has(place));
  }

  /** Throws `CHANNEL_UNKNOWN`, or `RECORD_DAMAGED` if what a start needs of it is damaged. */
  channel(channelId: Uint8Array): ChannelStore {
    const known = this.#channels.get(hex(channelId));
    if (known !== undefined) return known;
    const place = this.channels().find((one) => sameBytes(one.channelId, channelId));
    if (place === undefined) {
      const message = `The store has no channel with the id ${hex(channelId)}.`;
      throw new StoreError('CHANNEL_UNKNOWN', message);
    }
    return this.#open(place, readChannelState(this.#disk, place));
  }

  /** Block 0 at log index 1, term 1, committed; the caller has verified it. `done` gets the durable channel. */
  createChannel(channel: ChannelToCreate, done: (created: ChannelStore) => void): void {
    this.#checkNew(channel);
    const { name, channelId, genesis } = channel;
    const place = { name, channelId: Uint8Array.from(channelId), slot: this.#places.length };
    const record = { ...this.#record, channelCount: this.#places.length + 1 };
    const state = stateAfterGenesis();
    const key = channelKey(place.slot);
    this.#places.push(place);
    this.#creating.add(place);
    this.#record = record;
    this.#disk.commit(
      [
        { type: 'put', key: storeKey(), value: sealStore(storeKey(), record) },
        { type: 'put', key, value: sealChannel(key, place) },
        ...operationsFor(place.slot, null, state, genesisUpdate(genesis), -1),
      ],
      () => {
        this.#creating.delete(place);
        done(this.#open(place, state));
      },
    );
  }

  /**
   * One disk transaction for all channels of the turn, each at most once. `done` when it is on disk, after the `done` of
   * every earlier call. Throws `RULE_BROKEN`, before anything is written, if an update breaks a rule.
   */
  commit(turn: readonly ChannelWrite[], done: () => void): void {
    const channels = turn.map(({ channel }) => this.#own(channel));
    const isOnce = turn.length === 1 || new Set(channels).size === turn.length;
    assert(isOnce, 'a channel is written once in a turn');
    const prepared = turn.map((update, at) => channels[at]!.prepare(update));
    for (let at = 0; at < prepared.length; at += 1) channels[at]!.issue(prepared[at]!);
    this.#disk.commit(operationsOf(prepared), () => {
      for (const channel of channels) channel.settle();
      done();
    });
  }

  diskBytes(): number {
    return this.#disk.diskBytes();
  }

  #own(channel: ChannelStore): StoredChannel {
    assert(this.#isOwn(channel), 'a write names a channel of this store');
    return channel;
  }

  #isOwn(channel: ChannelStore): channel is StoredChannel {
    return this.#bySlot[channel.slot] === channel;
  }

  #open(place: ChannelPlace, state: ChannelState): StoredChannel {
    const channel = new StoredChannel(this.#disk, place, state);
    this.#channels.set(hex(place.channelId), channel);
    this.#bySlot[place.slot] = channel;
    return channel;
  }

  #checkNew({ name, channelId }: ChannelToCreate): void {
    assert(channelId.length === CHANNEL_ID_BYTES, 'a channel id has 32 bytes');
    assert(/^[\x21-\x7e]{1,255}$/.test(name), 'a channel name is 1 to 255 printable characters');
    const existing = this.#places.find(
      (place) => place.name === name || sameBytes(place.channelId, channelId),
    );
    if (existing === undefined) return;
    throw new StoreError(
      'CHANNEL_EXISTS',
      `The store already has channel ${existing.name} with the id ${hex(existing.channelId)}.`,
      { channel: existing.name },
    );
  }
}

function operationsOf(prepared: readonly Prepared[]): readonly DiskOperation[] {
  const [first] = prepared;
  // Mostly one channel writes alone.
  if (prepared.length === 1) return first!.operations;
  return prepared.flatMap(({ operations }) => operations);
}

/** Null on an empty disk. */
export function readStoreRecord(disk: Disk): StoreRecord | null {
  const key = storeKey();
  const bytes = disk.get(key);
  if (bytes === undefined) {
    if (disk.range({ from: Uint8Array.of(0), to: Uint8Array.of(0xff), limit: 1 }).length === 0) {
      return null;
    }
    throw damagedStore('its first record is missing');
  }
  const payload = openRecord(key, bytes);
  if (payload === null) throw damagedStore('its first record does not match its checksum');
  const formatVersion = readFormatVersion(payload);
  if (formatVersion > FORMAT_VERSION) {
    throw new StoreError(
      'STORE_TOO_NEW',
      `The store has format ${formatVersion}; this version of the software reads up to ${FORMAT_VERSION}. ` +
        'Use the version that wrote it, or a newer one.',
    );
  }
  return { formatVersion, ...readStoreRest(payload) };
}

export function readPlaces(disk: Disk, { channelCount }: StoreRecord): ChannelPlace[] {
  return Array.from({ length: channelCount }, (_, slot) => {
    const key = channelKey(slot);
    const bytes = disk.get(key);
    const payload = bytes === undefined ? null : openRecord(key, bytes);
    if (payload === null) throw damagedStore(`the record of channel number ${slot} is damaged`);
    return readChannel(payload, slot);
  });
}

function damagedStore(why: string): StoreError {
  return new StoreError(
    'RECORD_DAMAGED',
    `The store is damaged: ${why}. It was not used; restore this orderer from its peers.`,
    { record: 'store' },
  );
}

function newStoreRecord({ incarnation }: StoreOptions): StoreRecord {
  if (incarnation === null) {
    throw new StoreError('STORE_MISSING', 'The data directory holds no store.');
  }
  const bytes = Uint8Array.from(incarnation());
  assert(bytes.length === INCARNATION_BYTES, `an incarnation has ${INCARNATION_BYTES} bytes`);
  return { formatVersion: FORMAT_VERSION, incarnation: bytes, channelCount: 0 };
}

const GENESIS_INDEX = 1 as Index;
const GENESIS_TERM = 1 as Term;
const GENESIS_HARD: HardState = { term: GENESIS_TERM, vote: 0 as MemberId, commit: GENESIS_INDEX };

/** Every member starts from the snapshot (index 1, term 1): block 0 is below the log. */
function stateAfterGenesis(): ChannelState {
  return {
    hard: GENESIS_HARD,
    terms: [{ first: GENESIS_INDEX, term: GENESIS_TERM }],
    first: (GENESIS_INDEX + 1) as Index,
    last: GENESIS_INDEX,
    snapshot: { index: GENESIS_INDEX, term: GENESIS_TERM },
    newestNumber: 0,
    configBlocks: [{ number: 0, index: GENESIS_INDEX }],
    indexMark: -1,
    indexCount: 0,
    greatestId: null,
    adopted: [],
  };
}

function genesisUpdate(genesis: Uint8Array): ChannelUpdate {
  const entry: EntryToWrite = {
    index: GENESIS_INDEX,
    term: GENESIS_TERM,
    kind: 'config',
    block: { number: 0, bytes: genesis },
  };
  return {
    hard: GENESIS_HARD,
    truncateFrom: 0 as Index,
    entries: [entry],
    snapshot: null,
    index: null,
  };
}
