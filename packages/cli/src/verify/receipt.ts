/**
 * A receipt held against the block it names. The block has been verified; the receipt is only somebody's text.
 */
import type { VerifiedBlock } from '@cairn/client';
import type { Receipt } from '@cairn/transport';
import { z } from 'zod';
import { usageError } from '../errors.ts';
import { allBytes } from '../lines.ts';
import { readFileOrFail } from '../local/files.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().min(0);

const receiptSchema = z.object({
  status: z.literal(200),
  channel: z.string(),
  channelId: hash,
  id: z.string(),
  block: count,
  index: count,
  blockHash: hash,
  duplicate: z.boolean().default(false),
});

/** Reads `submit --json`'s output from a file, or from standard input for `-`. */
export async function readReceipt(path: string): Promise<Receipt> {
  const bytes = path === '-' ? await allBytes(process.stdin) : readFileOrFail(path);
  try {
    return receiptSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    throw usageError(`${path} holds no receipt as "cairn submit --json" prints it.`);
  }
}

/** What is false about it, or null. */
export function receiptFault(receipt: Receipt, block: VerifiedBlock): string | null {
  if (block.hash !== receipt.blockHash) {
    return `block ${block.number} has the hash ${block.hash}, not ${receipt.blockHash}`;
  }
  const transaction = block.transactions[receipt.index];
  if (transaction === undefined) {
    return `block ${block.number} has only ${block.transactionCount} transactions`;
  }
  return transaction.id === receipt.id ? null : `at that place stands ${transaction.id}`;
}
