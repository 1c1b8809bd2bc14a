import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyParts, partsOf, type Run, SubmissionQueue } from '../src/submission-queue.ts';
import { SubmitRequest, Waiter } from '../src/submit-request.ts';
import { encoded, frameOf, idsIn } from './support/desk.ts';

const roomy = { transactionsMax: 1_000, bytesMax: 1_000_000 };

function requestOf(ids: readonly string[], payload = 'x'): SubmitRequest {
  const frame = frameOf(ids.map((id) => encoded(id, payload)));
  return new SubmitRequest(frame, 0, 1_000, () => {});
}

function pushAll(queue: SubmissionQueue, request: SubmitRequest): void {
  for (let position = 0; position < request.count; position++) queue.push(request, position);
}

function find(queue: SubmissionQueue, id: string): string | null {
  const found = queue.find(Buffer.from(id), 0, id.length);
  return found === null ? null : found.request.idOf(found.position);
}

function sizesIn(runs: readonly Run[]): number[] {
  return runs.flatMap(({ request, from, to }) =>
    Array.from({ length: to - from }, (_, at) => request.sizeOf(from + at)),
  );
}

describe('the submission queue', () => {
  test('has room by count and by bytes', () => {
    const bytes = encoded('a', 'x').length;
    const queue = new SubmissionQueue({ transactionsMax: 2, bytesMax: bytes + 10 }, 1);
    queue.push(requestOf(['a']), 0);
    expect([queue.hasRoomFor(10), queue.hasRoomFor(11)]).toEqual([true, false]);
    queue.push(requestOf(['b']), 0);
    expect(queue.hasRoomFor(0)).toBe(false);
  });

  test('drops what nobody waits for, and keeps what others have joined', () => {
    const queue = new SubmissionQueue(roomy, 1);
    const request = requestOf(['a', 'b', 'c', 'd']);
    pushAll(queue, request);
    queue.take(1);
    const other = requestOf(['c']);
    request.join(2, new Waiter(other, 0, 'c', new Uint8Array(16), true));
    for (let position = 0; position < 4; position++) request.end(position, '{}');
    queue.removeAbandoned();
    expect([queue.count, find(queue, 'b'), find(queue, 'c')]).toEqual([1, null, 'c']);
    expect(queue.bytes).toBe(request.sizeOf(2));
    expect(idsIn(queue.take(5))).toEqual(['c']);
  });

  test('behaves as a list, whatever is pushed, taken and put back', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ take: fc.nat(5), back: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, seed) => {
        const queue = new SubmissionQueue(roomy, seed);
        let model: string[] = [];
        let number = 0;
        for (const each of steps) {
          if ('push' in each) {
            const ids = Array.from({ length: each.push }, () => `id-${number++}`);
            pushAll(queue, requestOf(ids, 'x'.repeat(each.push)));
            model.push(...ids);
          } else {
            const runs = queue.take(each.take);
            expect(idsIn(runs)).toEqual(model.slice(0, each.take));
            if (each.back) queue.putBack(runs);
            else model = model.slice(each.take);
          }
          const all = queue.take(queue.count);
          expect(idsIn(all)).toEqual(model);
          expect([queue.count, queue.bytes]).toEqual([0, 0]);
          queue.putBack(all);
          expect([...queue.sizes()]).toEqual(sizesIn(all));
          expect(queue.bytes).toBe(sizesIn(all).reduce((sum, size) => sum + size, 0));
          expect(queue.count).toBe(model.length);
          for (let gone = 0; gone < number; gone++) {
            const id = `id-${gone}`;
            expect(find(queue, id)).toBe(model.includes(id) ? id : null);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('neighbours of one request are one part', () => {
    const queue = new SubmissionQueue(roomy, 1);
    const [one, other] = [requestOf(['a', 'b', 'c', 'd']), requestOf(['e'])];
    for (const position of [0, 1, 3]) queue.push(one, position);
    queue.push(other, 0);
    const runs = queue.take(4);
    expect(runs.map(({ from, to }) => [from, to])).toEqual([
      [0, 2],
      [3, 4],
      [0, 1],
    ]);
    const parts = bodyParts(runs).map((part) => Buffer.from(part).toString('latin1'));
    const text = (id: string) => Buffer.from(encoded(id, 'x')).toString('latin1');
    expect(parts).toEqual([text('a') + text('b'), text('d'), text('e')]);
  });
});

describe('a run', () => {
  test('is cut where an answer changes', () => {
    const run = { request: requestOf(['a']), number: 1, from: 2, to: 7 };
    const parts = partsOf(run, (position) => position === 4 || position > 5);
    expect(parts.map(({ from, to, holds }) => [from, to, holds])).toEqual([
      [2, 4, false],
      [4, 5, true],
      [5, 6, false],
      [6, 7, true],
    ]);
  });
});
