import { utf8 } from '@cairn/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChannelPin } from '../src/pin.ts';
import { readReceipts } from '../src/receipt-lines.ts';
import { answersOf } from './support/answers.ts';
import { CHANNEL } from './support/sample-channel.ts';
import { CHANNEL_ID, receiptOf } from './support/scripted-orderer.ts';

const wanted = (ids: readonly string[]) => ({ channel: CHANNEL, channelId: CHANNEL_ID, ids });

const textOf = (values: readonly object[]) =>
  values.map((value) => JSON.stringify(value)).join('\n');

function answersTo(ids: readonly string[], text: string) {
  const pinned = { channel: CHANNEL, pin: new ChannelPin(CHANNEL, CHANNEL_ID) };
  const message = { subject: 's', payload: utf8(text), reply: null, header: () => undefined };
  return answersOf(pinned, ids, message);
}

/** The same JSON, in a form that only the full reader takes. */
const indented = (text: string) =>
  text
    .split('\n')
    .map((line) => (line === '' ? line : ` ${line}`))
    .join('\n');

const id = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 64,
});
const hash = fc.constantFrom('b'.repeat(64), '0c'.repeat(32));
const receipt = fc.record({
  id,
  // Often the block of the line before: such a line is compared, not read.
  block: fc.oneof(fc.constantFrom(7, 80), fc.maxSafeNat()),
  index: fc.nat(5_000),
  blockHash: hash,
  duplicate: fc.boolean(),
});

describe('receipts read by place', () => {
  test('are those that JSON.parse makes, with their fields in the same order', () => {
    fc.assert(
      fc.property(
        fc.array(receipt, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (fields, ends) => {
          const receipts = fields.map((each) => receiptOf(each.id, each));
          const ids = fields.map((each) => each.id);
          const text = textOf(receipts) + (ends ? '\n' : '');
          expect(textOf(answersTo(ids, text))).toBe(textOf(answersTo(ids, indented(text))));
        },
      ),
    );
  });

  test('damaged in any place they are what the full reader says they are', () => {
    const damage = fc.tuple(
      fc.nat(),
      fc.nat(3),
      fc.constantFrom('', '0', '1', '"', '}', '\n', ' ', 'é', '-', '\\'),
    );
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 2 }), (damages) => {
        const ids = ['one', 'two', 'three'];
        const sameBlock = ids.map((name, index) =>
          receiptOf(name, { index: 9 + index, block: 20 }),
        );
        let text = textOf(sameBlock);
        for (const [place, removed, put] of damages) {
          const at = place % text.length;
          text = text.slice(0, at) + put + text.slice(at + removed);
        }
        expect(answersTo(ids, text)).toEqual(answersTo(ids, indented(text)));
      }),
      { numRuns: 2_000 },
    );
  });

  test('are read so when they are written as the service writes them', () => {
    const receipts = [receiptOf('a', { block: 0 }), receiptOf('b', { block: 999_999_999_999_999 })];
    expect(readReceipts(wanted(['a', 'b']), utf8(textOf(receipts)))).toEqual(receipts);
  });

  test('are left to the full reader when a line is missing, one too many, or bytes are not ASCII', () => {
    const one = textOf([receiptOf('a')]);
    expect(readReceipts(wanted(['a', 'b']), utf8(one))).toBeNull();
    expect(readReceipts(wanted(['a']), utf8(`${one}\n${one}`))).toBeNull();
    expect(readReceipts(wanted(['a']), utf8(one.replace('demo', 'dämo')))).toBeNull();
    expect(readReceipts(wanted(['a']), Uint8Array.of(0xff, 0xfe))).toBeNull();
  });
});
