/**
 * An orderer that is started for a channel whose first configuration does not know it. Who was a member once: see
 * removed-orderer.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { MemoryCluster } from './support/memory-cluster.ts';

describe('an orderer that a new channel does not know', () => {
  const refusedStart = (cluster: MemoryCluster): unknown => {
    try {
      cluster.start('orderer4');
    } catch (error) {
      return error;
    }
    throw new Error('it was not refused at once');
  };

  test('is told so by whoever starts it, and not by its disk', () => {
    const cluster = new MemoryCluster({ seed: 75, orderers: 4 });
    const three = new MemoryCluster({ seed: 75, orderers: 3 });
    (cluster.genesis as Map<string, unknown>).set('mychannel', three.genesis.get('mychannel'));
    expect(refusedStart(cluster)).toMatchObject({
      code: 'BAD_CONFIGURATION',
      message: expect.stringContaining('Channel mychannel has no member named orderer4'),
    });
    expect(cluster.node('orderer4').orderer!.store.channels()).toEqual([]);
  });

  test('the same if it knows another key', () => {
    const cluster = new MemoryCluster({ seed: 76, orderers: 4 });
    cluster.node('orderer4').signer = cluster.node('orderer3').signer;
    expect(refusedStart(cluster)).toMatchObject({
      code: 'BAD_CONFIGURATION',
      message: expect.stringContaining('give the orderer its own seed'),
    });
    expect(cluster.node('orderer4').orderer!.store.channels()).toEqual([]);
  });
});
