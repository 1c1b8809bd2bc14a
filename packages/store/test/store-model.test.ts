/**
 * The store against a naive model: random lawful updates, issued ahead of the disk, with crashes and reopenings between.
 */

import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { type ChannelStore, MemoryDisk, openLmdbDisk, Store } from '../src/index.ts';
import { temporaryDirectory } from './support/children.ts';
import { expectSame, type ModelState, modelAfter, modelAfterGenesis } from './support/model.ts';
import { stepDraw, updateFrom } from './support/steps.ts';

const CHANNEL_ID = new Uint8Array(32).fill(7);
const GENESIS = new TextEncoder().encode('genesis');
const INCARNATION = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const creation = { name: 'mychannel', channelId: CHANNEL_ID, genesis: GENESIS };
const root = temporaryDirectory(afterAll);
let runs = 0;
const options = { incarnation: () => INCARNATION };

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('update' as const), draw: stepDraw }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('settle' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('crash' as const), unreported: fc.nat({ max: 2 }) }),
  },
);

/** The store in memory, with the model of every state that was issued and not yet reported durable. */
class Bench {
  readonly #actions: (() => void)[] = [];
  #disk = new MemoryDisk({ schedule: (one) => this.#actions.push(one) });
  #channel!: ChannelStore;
  #store!: Store;
  durable: ModelState = modelAfterGenesis(GENESIS);
  issued: { readonly state: ModelState; readonly from: number; readonly isIndexed: boolean }[] = [];

  constructor() {
    this.#store = Store.open(this.#disk, options);
    this.#store.createChannel(creation, (channel) => {
      this.#channel = channel;
    });
    for (const one of this.#actions.splice(0)) one();
  }

  get newest(): ModelState {
    return this.issued.at(-1)?.state ?? this.durable;
  }

  update(draw: Parameters<typeof updateFrom>[1]): void {
    const isIndexing = this.issued.some(({ isIndexed }) => isIndexed);
    const update = updateFrom(this.newest, isIndexing ? { ...draw, markShare: null } : draw);
    const state = modelAfter(this.newest, update);
    const from = update.truncateFrom === 0 ? this.newest.log.length + 1 : update.truncateFrom;
    this.issued.push({ state, from, isIndexed: update.index !== null });
    this.#store.commit([{ channel: this.#channel, ...update }], () => {
      this.durable = this.issued.shift()!.state;
    });
  }

  settle(): void {
    this.#actions.shift()?.();
  }

  crash(unreported: number): void {
    const survived = this.issued.slice(0, unreported).at(-1)?.state ?? this.durable;
    this.#actions.length = 0;
    this.#disk = this.#disk.afterCrash({ schedule: (one) => this.#actions.push(one) }, unreported);
    this.#store = Store.open(this.#disk, options);
    expect(this.#store.created).toBe(false);
    this.#channel = this.#store.channel(CHANNEL_ID);
    this.durable = survived;
    this.issued = [];
  }

  check(): void {
    const readable = [this.durable.log.length, ...this.issued.map(({ from }) => from - 1)];
    expectSame(this.#channel, this.durable, Math.min(...readable));
  }
}

test('the store says what a naive model says, through crashes, with updates ahead of the disk', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 5, maxLength: 40 }), (actions) => {
      const bench = new Bench();
      for (const one of actions) {
        if (one.type === 'update') bench.update(one.draw);
        else if (one.type === 'settle') bench.settle();
        else bench.crash(one.unreported);
        bench.check();
      }
    }),
    { numRuns: 250 },
  );
});

test('over LMDB it says the same, closed and opened again after every step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepDraw, { minLength: 3, maxLength: 12 }), async (draws) => {
      runs += 1;
      const directory = `${root}/run-${runs}`;
      let model = modelAfterGenesis(GENESIS);
      await inStore(directory, async (store) => {
        await new Promise((resolve) => store.createChannel(creation, resolve));
      });
      for (const draw of draws) {
        await inStore(directory, async (store) => {
          const channel = store.channel(CHANNEL_ID);
          expectSame(channel, model);
          const update = updateFrom(model, draw);
          model = modelAfter(model, update);
          await new Promise<void>((done) => store.commit([{ channel, ...update }], done));
          expectSame(channel, model);
        });
      }
    }),
    { numRuns: 15 },
  );
});

async function inStore(directory: string, use: (store: Store) => Promise<void>): Promise<void> {
  const fatal = (error: Error): void => {
    throw error;
  };
  const disk = await openLmdbDisk({ directory, mapBytes: 2 ** 32, fatal });
  try {
    await use(Store.open(disk, options));
  } finally {
    await disk.close();
  }
}
