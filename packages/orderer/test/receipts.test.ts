import type { BodyIndex } from '@cairn/ledger';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Answers } from '../src/answers.ts';

const answers = new Answers({ channel: 'mychannel', channelId: 'ab'.repeat(32) });
const blockHash = 'cd'.repeat(32);

/** Only what a receipt is written from: the id of one position. */
function bodyWith(id: string, index: number): BodyIndex {
  const [idStarts, idLengths] = [new Uint32Array(index + 1), new Uint8Array(index + 1)];
  idStarts[index] = 2;
  idLengths[index] = id.length;
  const none = new Uint32Array(0);
  const bytes = Buffer.from(`..${id}..`);
  return { bytes, count: index + 1, starts: none, ends: none, idStarts, idLengths };
}

test('a receipt as bytes is the receipt as text, whatever the id', () => {
  const character = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
  const id = fc.string({ unit: character, minLength: 1, maxLength: 64 });
  const number = fc.oneof(fc.nat(12), fc.nat(8_191));
  fc.assert(
    fc.property(id, number, fc.maxSafeNat(), (idText, index, block) => {
      const receipts = answers.receiptsOf(block, blockHash);
      const body = bodyWith(idText, index);
      const lines = Buffer.from(receipts.linesOf(body, index, 1)).toString();
      const line = answers.receipt({ id: idText, block, index, blockHash, duplicate: false });
      expect(lines).toBe(`${line}\n`);
      expect(JSON.parse(line)).toMatchObject({ id: idText, block, index });
    }),
    { numRuns: 1_000 },
  );
});
