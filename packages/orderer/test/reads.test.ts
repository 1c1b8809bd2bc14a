import { describe, expect, test } from 'vitest';
import { Reads } from '../src/reads.ts';

function waiting(reads: Reads, number: number, deadlineAtMs = 100): (boolean | null)[] {
  const outcome: (boolean | null)[] = [];
  reads.wait(number, deadlineAtMs, (visible) => outcome.push(visible));
  return outcome;
}

describe('reads', () => {
  test('are released by the height they wait for, and once', () => {
    const reads = new Reads(5);
    const [fifth, sixth] = [waiting(reads, 5), waiting(reads, 6)];
    reads.advance(6);
    reads.advance(6);
    expect([fifth, sixth]).toEqual([[true], []]);
    reads.advance(7);
    reads.sweep(1_000);
    expect([fifth, sixth]).toEqual([[true], [true]]);
    expect(reads.waiting).toBe(0);
  });

  test('end with their time, or with the channel', () => {
    const reads = new Reads(5);
    const [soon, later] = [waiting(reads, 5, 100), waiting(reads, 5, 200)];
    reads.sweep(99);
    expect(soon).toEqual([]);
    reads.sweep(100);
    expect([soon, later]).toEqual([[false], []]);
    reads.endAll();
    expect([soon, later]).toEqual([[false], [false]]);
  });

  test('the height never falls', () => {
    const reads = new Reads(5);
    reads.advance(3);
    expect(reads.visibleHeight).toBe(5);
  });

  test('are worth a write when somebody wants what is committed', () => {
    const reads = new Reads(5);
    expect(reads.isWantedBelow(9)).toBe(false);
    waiting(reads, 7);
    expect([reads.isWantedBelow(7), reads.isWantedBelow(8)]).toEqual([false, true]);
    const stop = new Reads(5).follow(() => {});
    stop();
  });

  test('followers hear every advance until they stop, also when they stop in it', () => {
    const reads = new Reads(0);
    const heard: number[] = [];
    const stop = reads.follow(() => {
      heard.push(reads.visibleHeight);
      if (heard.length === 2) stop();
    });
    expect(reads.isWantedBelow(1)).toBe(true);
    for (const height of [1, 1, 2, 3]) reads.advance(height);
    expect(heard).toEqual([1, 2]);
    expect(reads.isWantedBelow(9)).toBe(false);
  });

  test('one that asks again when it is answered does not disturb the others', () => {
    const reads = new Reads(0);
    const other: boolean[] = [];
    reads.wait(0, 100, () => reads.wait(5, 100, () => {}));
    reads.wait(0, 100, (visible) => other.push(visible));
    reads.advance(1);
    expect(other).toEqual([true]);
    expect(reads.waiting).toBe(1);
  });
});
