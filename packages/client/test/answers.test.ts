import type { BusMessage } from '@cairn/transport';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChannelPin } from '../src/pin.ts';
import { answersOf } from './support/answers.ts';
import { CHANNEL_ID, receiptOf, refusalOf } from './support/scripted-orderer.ts';

function message(text: string, headers: Record<string, string> = {}): BusMessage {
  const payload = new TextEncoder().encode(text);
  return { subject: 's', payload, reply: null, header: (name) => headers[name] };
}

const lines = (...values: object[]) =>
  message(values.map((value) => JSON.stringify(value)).join('\n'));
const pinned = () => ({ channel: 'demo', pin: new ChannelPin('demo', CHANNEL_ID) });

describe('answers of a frame', () => {
  test('there is one for each transaction, in order, whatever the reply is', () => {
    const line = fc.oneof(
      fc.constantFrom('a', 'b', 'c').map((id) => JSON.stringify(receiptOf(id))),
      fc.constant(JSON.stringify(refusalOf('NOT_LEADER'))),
      fc.json(),
      fc.string(),
    );
    const reply = fc.array(line, { maxLength: 5 }).map((texts) => texts.join('\n'));
    const headers = fc.constantFrom({}, { 'Nats-Service-Error-Code': '503' });
    const ids = fc.subarray(['a', 'b', 'c'], { minLength: 1 });
    fc.assert(
      fc.property(ids, reply, headers, (wanted, text, marks) => {
        const answers = answersOf(pinned(), wanted, message(text, marks));
        expect(answers).toHaveLength(wanted.length);
        for (const [index, answer] of answers.entries()) {
          if (answer.kind === 'receipt') expect(answer.receipt.id).toBe(wanted[index]);
        }
      }),
    );
  });

  test('a trailing newline is no line', () => {
    const answers = answersOf(pinned(), ['a'], message(`${JSON.stringify(receiptOf('a'))}\n`));
    expect(answers).toEqual([{ kind: 'receipt', receipt: receiptOf('a') }]);
  });

  test('receipts in another order are not believed', () => {
    const answers = answersOf(pinned(), ['a', 'b'], lines(receiptOf('b'), receiptOf('a')));
    expect(answers.map(({ kind }) => kind)).toEqual(['silence', 'silence']);
  });

  test('a missing line makes all lines doubtful', () => {
    const answers = answersOf(pinned(), ['a', 'b'], lines(receiptOf('a')));
    expect(answers.map(({ kind }) => kind)).toEqual(['silence', 'silence']);
  });

  test('bytes that are not text are silence', () => {
    const reply = { ...message(''), payload: Uint8Array.of(0xff, 0xfe) };
    expect(answersOf(pinned(), ['a'], reply)[0]!.kind).toBe('silence');
  });

  test('a receipt with a negative block number is silence', () => {
    expect(answersOf(pinned(), ['a'], lines(receiptOf('a', { block: -1 })))[0]!.kind).toBe(
      'silence',
    );
  });
});
