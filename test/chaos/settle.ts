/** The end of a disturbed time: one more transaction, and every orderer has the block it is in. */
import type { ChannelClient } from '@cairn/client';
import type { TestCluster } from '../support/cluster.ts';
import { type History, payloadOf } from './history.ts';

const ID = 'the-last';

/** The height of all orderers. */
export async function settle(
  cluster: TestCluster,
  sdk: ChannelClient,
  history: History,
): Promise<number> {
  const attempt = history.begin(ID);
  const receipt = await sdk.submit(payloadOf(ID), { id: ID, timeoutMs: 60_000 });
  const { block, index, blockHash } = receipt;
  history.end(attempt, { kind: 'acknowledged', place: { block, index, blockHash } });
  await cluster.waitForHeight(block + 1);
  return block + 1;
}
