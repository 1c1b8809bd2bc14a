import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allBytes, type Line, linesOf } from '../src/lines.ts';

async function* chunked(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let start = 0;
  for (let i = 0; start < bytes.length; i++) {
    const end = start + (sizes[i % sizes.length] ?? 1);
    yield bytes.subarray(start, end);
    start = end;
  }
}

async function collect(lines: AsyncIterable<Line>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { bytes } of lines) texts.push(bytes.toString('latin1'));
  return texts;
}

const sizesArbitrary = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });

test('lines are the same however the bytes arrive, and no byte is changed', async () => {
  const lineArbitrary = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(fc.array(lineArbitrary), sizesArbitrary, async (raw, sizes) => {
      const lines = raw.map((line) => line.filter((byte) => byte !== 10 && byte !== 13));
      const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
      const expected = lines
        .filter((line) => line.length > 0)
        .map((line) => Buffer.from(line).toString('latin1'));
      expect(await collect(linesOf(chunked(bytes, sizes)))).toEqual(expected);
    }),
  );
});

test('a carriage return before the line end is not part of the line; the last line needs no end', async () => {
  const bytes = Buffer.from('one\r\n\r\n\ntwo\r\nthree');
  expect(await collect(linesOf(chunked(bytes, [4])))).toEqual(['one', 'two', 'three']);
});

test('lines are numbered as an editor does, empty ones included', async () => {
  const numbers: number[] = [];
  for await (const { number } of linesOf(chunked(Buffer.from('one\n\n\nfour\nfive'), [3]))) {
    numbers.push(number);
  }
  expect(numbers).toEqual([1, 4, 5]);
});

test('all bytes of a stream are put together', async () => {
  expect((await allBytes(chunked(Buffer.from('abcdef'), [1, 2]))).toString()).toBe('abcdef');
});
