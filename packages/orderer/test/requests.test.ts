/**
 * What clients may send to the doors, read strictly: frames, deliver requests, headers.
 */
import { utf8 } from '@cairn/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDeliverRequest } from '../src/doors/deliver-request.ts';
import { timeoutMsOf, waitMsOf } from '../src/doors/request-options.ts';
import { readFrame } from '../src/doors/submit.ts';
import { encoded } from './support/desk.ts';

function frame(count: number, ...parts: Uint8Array[]): Uint8Array {
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt32BE(count, 1);
  return Uint8Array.from(Buffer.concat([head, ...parts]));
}

describe('a batch frame', () => {
  const two = [encoded('a', 'x'), encoded('b', 'y')];

  test('is its transactions', () => {
    const bytes = frame(2, ...two);
    expect(readFrame(bytes)).toEqual({
      bytes,
      bounds: Uint32Array.of(5, 5 + two[0]!.length, bytes.length),
    });
  });

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'MALFORMED_REQUEST'],
    ['no transaction', frame(0), 'MALFORMED_REQUEST'],
    ['another version', frame(2, ...two).with(0, 2), 'MALFORMED_REQUEST'],
    ['a wrong count', frame(3, ...two), 'MALFORMED_REQUEST'],
    ['bytes after it', frame(2, ...two, Uint8Array.of(0)), 'MALFORMED_REQUEST'],
    ['a missing byte', frame(2, ...two).subarray(0, -1), 'MALFORMED_REQUEST'],
    ['no zero after a length', frame(2, ...two).with(9, 1), 'MALFORMED_REQUEST'],
    [
      'a length beyond everything',
      frame(1, Uint8Array.of(255, 255, 255, 255, 0)),
      'MALFORMED_REQUEST',
    ],
    ['too many transactions', frame(501), 'BATCH_TOO_LARGE'],
    ['too many bytes', frame(1, new Uint8Array(512 * 1024)), 'BATCH_TOO_LARGE'],
  ])('of %s is refused', (_, bytes, code) => {
    expect(readFrame(bytes)).toMatchObject({ code });
  });

  test('read from any bytes tiles them, or is refused', () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.nat(5), parts, (count, list) => {
        const read = readFrame(frame(count, ...list));
        if ('code' in read) return;
        const view = new DataView(read.bytes.buffer);
        let at = 5;
        for (const start of read.bounds.subarray(0, -1)) {
          expect(start).toBe(at);
          at += 5 + view.getUint32(at);
        }
        expect(at).toBe(read.bytes.length);
        expect(read.bounds.at(-1)).toBe(at);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a deliver request', () => {
  const read = (json: unknown) => readDeliverRequest(utf8(JSON.stringify(json)), 10);

  test.each<[unknown, { start: number; stop: number | null }]>([
    [{ start: 'oldest' }, { start: 0, stop: null }],
    [{ start: 'newest' }, { start: 9, stop: null }],
    [{ start: 'next' }, { start: 10, stop: null }],
    [
      { start: 3, stop: 'newest' },
      { start: 3, stop: 9 },
    ],
    [
      { start: 3, stop: 3 },
      { start: 3, stop: 3 },
    ],
    [
      { start: 99, stop: 100 },
      { start: 99, stop: 100 },
    ],
  ])('%j is a range', (json, range) => {
    expect(read(json)).toEqual({ ...range, content: 'block' });
  });

  test.each<[unknown]>([
    [{}],
    [null],
    [[]],
    [{ start: -1 }],
    [{ start: 1.5 }],
    [{ start: 2 ** 53 }],
    [{ start: '3' }],
    [{ start: 5, stop: 4 }],
    [{ start: 'next', stop: 'newest' }],
    [{ start: 0, content: 'all' }],
    [{ start: 0, more: true }],
  ])('%j is refused with a sentence', (json) => {
    expect(read(json)).toBeTypeOf('string');
  });

  test('of any bytes is a range or a sentence', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(utf8)), (bytes) => {
        expect(['string', 'object']).toContain(typeof readDeliverRequest(bytes, 10));
      }),
    );
  });
});

describe('milliseconds in a header', () => {
  const headers = (text: string | undefined) => ({ header: () => text });

  test.each<[string | undefined, number | null]>([
    [undefined, 10_000],
    ['', 10_000],
    ['0', 0],
    ['1500', 1_500],
    ['999999999', 600_000],
    ['9999999999', null],
    ['-1', null],
    ['1.5', null],
    ['1e3', null],
    [' 5', null],
    ['0x10', null],
  ])('%j is %j', (text, expected) => {
    expect(timeoutMsOf(headers(text))).toBe(expected);
  });

  test('a wait has a limit of its own', () => {
    expect(waitMsOf(headers('999999'))).toBe(10_000);
  });
});
