import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IdTable, NO_PLACE, sameBytes } from '../src/id-table.ts';

/** Ids stand where the places say: place n is the nth of a list. */
function tableOf(ids: readonly Buffer[], seed: number): IdTable {
  return new IdTable(seed, (place, bytes, start, length) => {
    const id = ids[place]!;
    return id.length === length && sameBytes(id, 0, bytes, start, length);
  });
}

describe('the table of ids', () => {
  test('behaves as a map, whatever is set, replaced and deleted', () => {
    const action = fc.record({ id: fc.nat(400), kind: fc.constantFrom('set', 'set', 'delete') });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 3_000 }), fc.nat(), (actions, seed) => {
        const ids: Buffer[] = [];
        const table = tableOf(ids, seed);
        const model = new Map<string, number>();
        for (const { id, kind } of actions) {
          const bytes = Buffer.from(`..id-${id}.`);
          const [start, length] = [2, bytes.length - 3];
          const text = bytes.toString('latin1', start, start + length);
          const place = model.get(text) ?? NO_PLACE;
          expect(table.find(bytes, start, length)).toBe(place);
          if (kind === 'set') {
            ids.push(Buffer.from(text));
            table.set(bytes, start, length, ids.length - 1);
            model.set(text, ids.length - 1);
          } else if (place !== NO_PLACE) {
            table.delete(bytes, start, length, place + 1);
            expect(table.find(bytes, start, length), 'it stands elsewhere').toBe(place);
            table.delete(bytes, start, length, place);
            model.delete(text);
          }
          expect(table.count).toBe(model.size);
        }
        for (const [text, place] of model) {
          expect(table.find(Buffer.from(text), 0, text.length)).toBe(place);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('holds many more than it began with, and lets all of them go', () => {
    const ids = Array.from({ length: 20_000 }, (_, at) => Buffer.from(`transaction-${at}`));
    const table = tableOf(ids, 99);
    for (const [place, id] of ids.entries()) table.set(id, 0, id.length, place);
    expect(ids.every((id, place) => table.find(id, 0, id.length) === place)).toBe(true);
    for (const [place, id] of ids.entries()) {
      if (place % 3 !== 0) table.delete(id, 0, id.length, place);
    }
    const found = ids.map((id) => table.find(id, 0, id.length));
    expect(found.every((place, at) => place === (at % 3 === 0 ? at : NO_PLACE))).toBe(true);
    for (const [place, id] of ids.entries()) table.delete(id, 0, id.length, place);
    expect(table.count).toBe(0);
  });
});
