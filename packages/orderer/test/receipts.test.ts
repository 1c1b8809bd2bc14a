import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Answers } from '../src/answers.ts';

const answers = new Answers({ channel: 'mychannel', channelId: 'ab'.repeat(32) });
const blockHash = 'cd'.repeat(32);

test('a receipt as bytes is the receipt as text, whatever the id', () => {
  const character = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
  const id = fc.string({ unit: character, minLength: 1, maxLength: 64 });
  const number = fc.oneof(fc.nat(12), fc.nat(8_191), fc.nat(2 ** 31 - 1));
  fc.assert(
    fc.property(id, number, fc.maxSafeNat(), (idText, index, block) => {
      const receipts = answers.receiptsOf(block, blockHash);
      const source = Buffer.from(`..${idText}..`);
      const target = new Uint8Array(3 + receipts.bytesMax(idText.length));
      const end = receipts.write(target, 3, source, 2, idText.length, index);
      const line = answers.receipt({ id: idText, block, index, blockHash, duplicate: false });
      expect(Buffer.from(target.subarray(3, end)).toString()).toBe(line);
      expect(JSON.parse(line)).toMatchObject({ id: idText, block, index });
    }),
    { numRuns: 1_000 },
  );
});
