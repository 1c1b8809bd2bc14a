/** A small chain for the checker's own test, its bytes written by hand: one member, one block for each list. */
import { createHash, type KeyPairKeyObjectResult, sign } from 'node:crypto';
import { encodeKey } from '@cairn/ledger';

interface SampleTransaction {
  readonly id: string;
  readonly payload: string;
}

const sha256 = (...parts: readonly Buffer[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();

export function sampleChain(
  keys: KeyPairKeyObjectResult,
  blocks: readonly (readonly SampleTransaction[])[],
): Buffer[] {
  const key = keys.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const config = `{"batch":{"maxTransactionBytes":262144,"maxTransactions":500,"preferredBytes":524288,"timeoutMs":100},"channel":"sample","createdMs":1000,"members":[{"id":1,"key":"${encodeKey(key)}","name":"orderer1","role":"voter"}],"nextMemberId":2,"outgoing":[],"policies":{},"raft":{"electionTicks":10,"heartbeatTicks":2,"tickMs":100},"version":1}`;
  const genesis = Buffer.concat([
    header({ number: 0, previous: Buffer.alloc(32), channelId: Buffer.alloc(32) }, [
      { id: 'config-0', payload: config },
    ]),
    Buffer.alloc(64),
    bodyOf([{ id: 'config-0', payload: config }]),
  ]);
  const channelId = hashOf(genesis);
  const chain = [genesis];
  for (const transactions of blocks) {
    const previous = hashOf(chain.at(-1)!);
    const head = header({ number: chain.length, previous, channelId }, transactions);
    const domain = Buffer.from('cairn-block-v1\0', 'latin1');
    const hash = sha256(Buffer.from([2]), head);
    const signature = sign(null, Buffer.concat([domain, hash]), keys.privateKey);
    chain.push(Buffer.concat([head, signature, bodyOf(transactions)]));
  }
  return chain;
}

function hashOf(block: Buffer): Buffer {
  return sha256(Buffer.from([2]), block.subarray(0, 142));
}

function encode({ id, payload }: SampleTransaction): Buffer {
  return Buffer.concat([Buffer.from([1, 0, id.length]), Buffer.from(id), Buffer.from(payload)]);
}

function bodyOf(transactions: readonly SampleTransaction[]): Buffer {
  return Buffer.concat(
    transactions.map(encode).flatMap((bytes) => [number(bytes.length, 4), Buffer.from([0]), bytes]),
  );
}

function number(value: number, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUInt32BE(value, bytes - 4);
  return buffer;
}

function rootOf(transactions: readonly SampleTransaction[]): Buffer {
  const leaves = transactions.map((each) => sha256(Buffer.from([0]), encode(each)));
  const [left, right] = leaves;
  return right === undefined ? left! : sha256(Buffer.from([1]), left!, right);
}

interface Place {
  readonly number: number;
  readonly previous: Buffer;
  readonly channelId: Buffer;
}

/** At most two transactions: no deeper tree is needed here. */
function header(place: Place, transactions: readonly SampleTransaction[]): Buffer {
  const isGenesis = place.number === 0;
  return Buffer.concat([
    Buffer.from([1, isGenesis ? 1 : 0]),
    place.channelId,
    number(place.number, 8),
    place.previous,
    rootOf(transactions),
    number(transactions.length, 4),
    number(bodyOf(transactions).length, 4),
    number(1000, 8),
    number(1, 8),
    number(isGenesis ? 0 : 1, 4),
    number(0, 8),
  ]);
}
