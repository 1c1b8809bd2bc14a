import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyParts, type QueuedTransaction, SubmissionQueue } from '../src/submission-queue.ts';
import { SubmitRequest, Waiter } from '../src/waiters.ts';

const roomy = { transactionsMax: 1_000, bytesMax: 1_000_000 };

function item(id: string, source: Uint8Array, start = 0, end = source.length): QueuedTransaction {
  const request = new SubmitRequest(1, 0, 1_000, () => {});
  const waiters = [new Waiter(request, 0, id, null)];
  return { id, source, start, end, admittedAtMs: 0, waiters };
}

describe('the submission queue', () => {
  test('has room by count and by bytes', () => {
    const queue = new SubmissionQueue({ transactionsMax: 2, bytesMax: 10 });
    queue.push(item('a', new Uint8Array(6)));
    expect([queue.hasRoomFor(4), queue.hasRoomFor(5)]).toEqual([true, false]);
    queue.push(item('b', new Uint8Array(1)));
    expect(queue.hasRoomFor(1)).toBe(false);
  });

  test('drops what nobody waits for', () => {
    const queue = new SubmissionQueue(roomy);
    const items = ['a', 'b', 'c'].map((id) => item(id, new Uint8Array(3)));
    for (const each of items) queue.push(each);
    queue.take(1);
    items[1]!.waiters[0]!.end('{}');
    queue.removeAbandoned();
    expect([queue.count, queue.bytes, queue.find('b')]).toEqual([1, 3, undefined]);
    expect(queue.take(5).map(({ id }) => id)).toEqual(['c']);
  });

  test('behaves as a list, whatever is pushed, taken and put back', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ take: fc.nat(5), back: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new SubmissionQueue(roomy);
        let model: QueuedTransaction[] = [];
        let number = 0;
        for (const each of steps) {
          if ('push' in each) {
            const next = item(`id-${number++}`, new Uint8Array(each.push));
            queue.push(next);
            model.push(next);
          } else {
            const taken = queue.take(each.take);
            expect(taken).toEqual(model.slice(0, each.take));
            if (each.back) queue.putBack(taken);
            else model = model.slice(each.take);
          }
          expect(queue.count).toBe(model.length);
          expect(queue.bytes).toBe(model.reduce((sum, { end }) => sum + end, 0));
          for (const [at, { id, end }] of model.entries()) {
            expect(queue.find(id)).toBe(model[at]);
            expect(queue.sizeAt(at)).toBe(end);
          }
          for (let gone = 0; gone < number; gone++) {
            const known = model.some(({ id }) => id === `id-${gone}`);
            expect(queue.find(`id-${gone}`) !== undefined).toBe(known);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('neighbours of one frame become one part', () => {
    const frame = Uint8Array.from([1, 2, 3, 4, 5, 6]);
    const other = Uint8Array.from([7]);
    const items = [
      item('a', frame, 0, 2),
      item('b', frame, 2, 3),
      item('c', frame, 4, 6),
      item('d', other),
    ];
    expect(bodyParts(items).map((part) => [...part])).toEqual([[1, 2, 3], [5, 6], [7]]);
    expect(bodyParts([])).toEqual([]);
  });
});
