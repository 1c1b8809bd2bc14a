import { idAt, parseTxId, scanBody, transactionAt, utf8 } from '@cairn/ledger';
import { headerNames, subjectsOf } from '@cairn/transport';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame, frameBodyBytesMax, requestOf } from '../src/frame.ts';
import { FrameMemory } from '../src/frame-memory.ts';
import { type Pending, pendingOf } from '../src/pending.ts';

const pending = (id: string, payload: Uint8Array): Pending =>
  pendingOf({ id: parseTxId(id), payload }, 0, () => {});

const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), {
  minLength: 1,
  maxLength: 20,
});

describe('a batch frame', () => {
  test('holds exactly its transactions, in the form of a block body', () => {
    fc.assert(
      fc.property(payloads, (items) => {
        const members = items.map((payload, index) => pending(`t${index}`, payload));
        const frame = encodeFrame(members, new FrameMemory());
        expect(frame[0]).toBe(1);
        const body = scanBody(frame, 5, frame.length, items.length);
        if ('code' in body) throw body;
        for (const [index, payload] of items.entries()) {
          expect(idAt(body, index)).toBe(`t${index}`);
          expect(transactionAt(body, index).payload).toEqual(payload);
        }
      }),
    );
  });

  test('stays under the max_payload of a server that takes less than usual', () => {
    expect(frameBodyBytesMax(1024 * 1024)).toBe(512 * 1024 - 5);
    expect(frameBodyBytesMax(64 * 1024)).toBe(60 * 1024 - 5);
  });
});

describe('the request', () => {
  const context = { subjects: subjectsOf(), channel: 'demo', memory: new FrameMemory() };

  test('names at least one millisecond of what is left', () => {
    const limits = { bodyBytesMax: 1_000, timeoutMs: -3.2 };
    const { headers } = requestOf(context, [pending('a', utf8('x'))], limits, null);
    expect(headers[headerNames.timeoutMs]).toBe('1');
  });

  test('of a signed transaction at the submit door carries author and signature', () => {
    const transaction = {
      id: parseTxId('large'),
      payload: new Uint8Array(2_000),
      author: new Uint8Array(32),
      signature: new Uint8Array(64).fill(0xab),
    };
    const members = [pendingOf(transaction, 0, () => {})];
    const limits = { bodyBytesMax: 1_000, timeoutMs: 9 };
    const { subject, headers } = requestOf(context, members, limits, null);
    expect(subject).toBe('cairn.demo.submit');
    const named = requestOf(context, members, limits, 'orderer2');
    expect(named.subject).toBe('cairn.demo.submit.orderer2');
    expect(headers).toMatchObject({ 'Nats-Msg-Id': 'large', 'Cairn-Signature': 'ab'.repeat(64) });
    expect(headers[headerNames.author]).toMatch(/^U[A-Z2-7]{55}$/);
  });
});
