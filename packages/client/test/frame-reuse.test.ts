import { type Bus, nodeCrypto, type Refusal } from '@cairn/transport';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClient, type Submitted } from '../src/index.ts';
import { CHANNEL } from './support/sample-channel.ts';
import { receiptOf, refusalOf, type Stage, serveBatch, stage } from './support/scripted-orderer.ts';
import { seededRandom } from './support/virtual-time.ts';

/** A bus that keeps what is published for a while, as a slow socket does, by reference. */
function slow({ clientBus, time }: Stage, delayMs: () => number): Bus {
  const request: Bus['request'] = (subject, payload, options, done) => {
    const published = Uint8Array.from(payload);
    let isOpen = true;
    const end: typeof done = (outcome) => {
      if (isOpen) done(outcome);
      isOpen = false;
    };
    time.after(options.timeoutMs, () => end({ kind: 'timeout' }));
    time.after(delayMs(), () => {
      expect(Buffer.compare(payload, published), 'what waits to be sent is not written to').toBe(0);
      clientBus.request(subject, payload, options, end);
    });
    return { cancel: () => end({ kind: 'timeout' }) };
  };
  return new Proxy(clientBus, {
    get(target, name) {
      const value = name === 'request' ? request : Reflect.get(target, name, target);
      return typeof value === 'function' && name !== 'request' ? value.bind(target) : value;
    },
  });
}

const reply = fc.constantFrom('all', 'all', 'all', 'some', 'none', 'silence', 'late');

test('a frame is written once, and each transaction gets its own outcome, however slow and silent the service is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(reply, { maxLength: 30 }),
      fc.array(fc.constantFrom(0, 1, 5, 900, 1_500, 3_000), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 40 }),
      async (replies, delays, count) => {
        const world = stage();
        let sent = 0;
        const bus = slow(world, () => delays[sent++ % delays.length]!);
        const { time, ordererBus } = world;
        const client = createClient(bus, {
          clock: time,
          random: seededRandom(),
          crypto: nodeCrypto,
        });
        const indexes = new Map<string, number>();
        const indexOf = (id: string) => {
          if (!indexes.has(id)) indexes.set(id, indexes.size);
          return indexes.get(id)!;
        };
        serveBatch(world, ({ ids, message }, frame) => {
          const receipts = ids.map((id) => receiptOf(id, { index: indexOf(id) }));
          switch (replies[frame] ?? 'all') {
            case 'some':
              return receipts.map((receipt, at): object =>
                at % 3 === 0 ? refusalOf('OVERLOADED', 10) : receipt,
              );
            case 'none':
              return ids.map(() => refusalOf('OUTCOME_UNKNOWN', 10));
            case 'silence':
              return 'silence';
            case 'late': {
              const text = receipts.map((receipt) => JSON.stringify(receipt)).join('\n');
              time.after(1_200, () => ordererBus.publish(message.reply!, Buffer.from(text)));
              return 'silence';
            }
            default:
              return receipts;
          }
        });
        const seen: Submitted[] = [];
        const ids = Array.from({ length: count }, (_, at) => `t${at}`);
        void (async () => {
          const payload = (id: string) => id.repeat(20_000);
          const inputs = ids.map((id) => ({ id, payload: payload(id) }));
          for await (const each of client.channel(CHANNEL).submitMany(inputs)) seen.push(each);
        })();
        await time.pass(15_000);
        expect(seen.map(({ id }) => id)).toEqual(ids);
        for (const { id, outcome } of seen) {
          if (outcome.status === 200)
            expect(outcome).toEqual(receiptOf(id, { index: indexOf(id) }));
          else expect((outcome as Refusal).error.code).toBe('OUTCOME_UNKNOWN');
        }
      },
    ),
    { numRuns: 40 },
  );
});
