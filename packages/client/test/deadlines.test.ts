import { parseTxId, utf8 } from '@cairn/ledger';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeadlineWatch } from '../src/deadlines.ts';
import { type Pending, pendingOf } from '../src/pending.ts';
import { VirtualTime } from './support/virtual-time.ts';

const transaction = { id: parseTxId('t'), payload: utf8('x') };

test('each submission expires at its own deadline, whatever the order they came in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 30 }),
      async (delaysMs) => {
        const time = new VirtualTime();
        const startMs = time.monotonicMs();
        const expiredAtMs = new Map<Pending, number>();
        const watch: DeadlineWatch = new DeadlineWatch(time, (pending) => {
          expiredAtMs.set(pending, time.monotonicMs());
          watch.remove(pending);
        });
        const all = delaysMs.map((delayMs) => pendingOf(transaction, startMs + delayMs, () => {}));
        for (const pending of all) watch.add(pending);
        await time.pass(60);
        expect(all.map((pending) => expiredAtMs.get(pending))).toEqual(
          all.map(({ deadlineMs }) => deadlineMs),
        );
        expect(time.timerCount).toBe(0);
      },
    ),
    { numRuns: 30 },
  );
});

test('one timer serves all', () => {
  const time = new VirtualTime();
  const watch = new DeadlineWatch(time, () => {});
  for (let i = 0; i < 100; i++) watch.add(pendingOf(transaction, 10_000 - i, () => {}));
  expect(time.timerCount).toBe(1);
});
