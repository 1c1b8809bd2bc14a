/**
 * What the golden vectors say: good bytes made by the second writing, and hostile ones made from
 * them by one stated change each, with the code a decoder must answer.
 */
import * as plain from './second-writing.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const seedOf = (name: string) => plain.hash(Buffer.from(name));
const members = ['orderer1', 'orderer2', 'orderer3'].map((name, i) => ({
  id: i + 1,
  name,
  key: plain.nkey(plain.publicKey(seedOf(name))),
  role: 'voter',
}));

const CREATED_MS = 1_795_000_000_000;
const config = {
  version: 1,
  channel: 'mychannel',
  createdMs: CREATED_MS,
  nextMemberId: 4,
  members,
  outgoing: [] as number[],
  batch: {
    maxTransactions: 500,
    preferredBytes: 524_288,
    maxTransactionBytes: 262_144,
    timeoutMs: 100,
  },
  raft: { tickMs: 100, electionTicks: 10, heartbeatTicks: 2 },
  policies: {},
};

interface Hostile {
  readonly name: string;
  readonly bytes: string;
  readonly code: string;
}

/** `bytes` with some replaced, from `offset` on. */
function patch(bytes: Buffer, offset: number, ...values: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, offset);
  return copy;
}

function hostile(name: string, bytes: Buffer, code: string): Hostile {
  return { name, bytes: hex(bytes), code };
}

const simple = { id: 'order-17', payload: Buffer.from('hello') };
const channelIdForSigning = Buffer.alloc(32, 0xc1);
const signed = plain.authored(channelIdForSigning, seedOf('author'), {
  id: '~'.repeat(64),
  payload: Buffer.of(0),
});

export function transactionVectors() {
  const bytes = plain.transaction(simple);
  const signedBytes = plain.transaction(signed);
  const described = (value: plain.PlainTransaction) => ({
    id: value.id,
    payload: hex(value.payload),
    ...(value.author && value.signature
      ? { author: hex(value.author), signature: hex(value.signature) }
      : {}),
    bytes: hex(plain.transaction(value)),
    leaf: hex(plain.leaf(plain.transaction(value))),
  });
  return {
    about: 'Transactions: bytes, leaf hashes, and bytes a decoder refuses with the code given.',
    signing: { channelId: hex(channelIdForSigning), seed: hex(seedOf('author')) },
    good: [described(simple), described({ id: '!', payload: Buffer.of(0xff) }), described(signed)],
    hostile: [
      hostile('nothing', Buffer.alloc(0), 'TX_TRUNCATED'),
      hostile('two bytes', bytes.subarray(0, 2), 'TX_TRUNCATED'),
      hostile('version 0', patch(bytes, 0, 0), 'TX_VERSION'),
      hostile('version 2', patch(bytes, 0, 2), 'TX_VERSION'),
      hostile('flag bit 1', patch(bytes, 1, 2), 'TX_FLAGS'),
      hostile('flag bit 7 beside bit 0', patch(signedBytes, 1, 0x81), 'TX_FLAGS'),
      hostile('no id', patch(bytes, 2, 0), 'TX_ID'),
      hostile('a space in the id', patch(bytes, 3, 0x20), 'TX_ID'),
      hostile('DEL in the id', patch(bytes, 3, 0x7f), 'TX_ID'),
      hostile('a byte over 0x7F in the id', patch(bytes, 3, 0x80), 'TX_ID'),
      hostile('a NUL in the id', patch(bytes, 3, 0), 'TX_ID'),
      hostile('an id of 65 bytes', patch(Buffer.alloc(99, 0x61), 0, 1, 0, 65), 'TX_ID'),
      hostile('an id longer than the bytes', patch(bytes, 2, 14), 'TX_TRUNCATED'),
      hostile('no payload', bytes.subarray(0, 11), 'TX_PAYLOAD_EMPTY'),
      hostile('half a signature', signedBytes.subarray(0, 100), 'TX_TRUNCATED'),
      hostile('a signature and no payload', signedBytes.subarray(0, 163), 'TX_PAYLOAD_EMPTY'),
      hostile('bit 0 without an author', patch(bytes, 1, 1), 'TX_TRUNCATED'),
    ],
  };
}

const configTransaction = (number: number, payload: string) =>
  plain.transaction({ id: `config-${number}`, payload: Buffer.from(payload) });

const genesis = plain.block(
  {
    kind: 1,
    channelId: plain.zeros(32),
    number: 0,
    previousHash: plain.zeros(32),
    timestampMs: CREATED_MS,
    term: 1,
    proposer: 0,
    configNumber: 0,
  },
  [configTransaction(0, plain.canonical(config))],
  null,
);

const hashOf = (block: Buffer) => plain.blockHash(block.subarray(0, 142));
const channelId = hashOf(genesis);
const dataTransactions = [
  plain.transaction(simple),
  plain.transaction(
    plain.authored(channelId, seedOf('author'), { id: 'b', payload: Buffer.of(1) }),
  ),
  plain.transaction({ id: 'c', payload: Buffer.alloc(300, 0xab) }),
];

/** The block after `previous` with these transactions; `change` breaks a rule under a valid signature. */
function follow(
  previous: Buffer,
  transactions: readonly Buffer[],
  proposer: number,
  change: Partial<plain.PlainHeader> = {},
  seed: Buffer = seedOf(`orderer${proposer}`),
): Buffer {
  const number = Number(previous.readBigUInt64BE(34)) + 1;
  const fields: plain.PlainHeader = {
    kind: 0,
    channelId,
    number,
    previousHash: hashOf(previous),
    timestampMs: CREATED_MS + number,
    term: 2,
    proposer,
    configNumber: Number(previous.readBigUInt64BE(134)),
    ...change,
  };
  return plain.block(fields, transactions, seed);
}

const newcomer = {
  id: 4,
  name: 'orderer4',
  key: plain.nkey(plain.publicKey(seedOf('orderer4'))),
  role: 'voter',
};
const joint = {
  ...config,
  nextMemberId: 5,
  members: [...members.slice(0, 2), newcomer],
  outgoing: [1, 2, 3],
};
const done = { ...joint, outgoing: [] };

const block1 = follow(genesis, dataTransactions, 1);
const block2 = follow(block1, [configTransaction(2, plain.canonical(joint))], 3, {
  kind: 1,
  configNumber: 2,
});
const block3 = follow(block2, [plain.transaction({ id: 'd', payload: Buffer.of(4) })], 3);
const block4 = follow(block3, [configTransaction(4, plain.canonical(done))], 4, {
  kind: 1,
  configNumber: 4,
});
const block5 = follow(block4, [plain.transaction({ id: 'e', payload: Buffer.of(5) })], 4);
const chain = [genesis, block1, block2, block3, block4, block5];

export function blockVectors() {
  const short = block1.subarray(0, block1.length - 1);
  const lengthAt = 206;
  return {
    about: 'Single blocks: hashes, and bytes that `decodeBlock` refuses with the code given.',
    good: chain.map((block) => ({
      number: Number(block.readBigUInt64BE(34)),
      kind: block[1] === 1 ? 'config' : 'data',
      hash: hex(hashOf(block)),
      transactionsRoot: hex(block.subarray(74, 106)),
      transactionCount: block.readUInt32BE(106),
      bodyBytes: block.readUInt32BE(110),
      bytes: hex(block),
    })),
    hostile: [
      hostile('nothing', Buffer.alloc(0), 'HEADER_LENGTH'),
      hostile('header and signature cut', block1.subarray(0, 205), 'HEADER_LENGTH'),
      hostile('version 2', patch(block1, 0, 2), 'HEADER_VERSION'),
      hostile('kind 2', patch(block1, 1, 2), 'HEADER_KIND'),
      hostile('kind 1 with three transactions', patch(block1, 1, 1), 'HEADER_CONFIG_COUNT'),
      hostile('no transactions', patch(block1, 106, 0, 0, 0, 0), 'HEADER_COUNT'),
      hostile('number 2^53', patch(block1, 34, 0, 0x20, 0, 0, 0, 0, 0, 0), 'HEADER_NUMBER_RANGE'),
      hostile('term 2^64 - 1', patch(block1, 122, ...Array(8).fill(255)), 'HEADER_NUMBER_RANGE'),
      hostile(
        'time in the year 10000',
        patch(block1, 114, 0, 0, 0xe6, 0x77, 0xd2, 0x1f, 0xdc, 0),
        'HEADER_NUMBER_RANGE',
      ),
      hostile('body one byte short', short, 'BLOCK_BODY_BYTES'),
      hostile('a trailing byte', Buffer.concat([block1, Buffer.of(0)]), 'BLOCK_BODY_BYTES'),
      hostile('bodyBytes one more', patch(block1, 113, block1[113]! + 1), 'BLOCK_BODY_BYTES'),
      hostile('bodyBytes 2^32 - 1', patch(block1, 110, 255, 255, 255, 255), 'BLOCK_BODY_BYTES'),
      hostile('one transaction too few', patch(block1, 109, 2), 'BODY_TRAILING_BYTES'),
      hostile('one transaction too many', patch(block1, 109, 4), 'TX_TRUNCATED'),
      hostile('2^32 - 1 transactions', patch(block1, 106, 255, 255, 255, 255), 'BODY_COUNT'),
      hostile('5001 transactions', patch(block1, 106, 0, 0, 0x13, 0x89), 'BODY_COUNT'),
      hostile('no 0x00 before a transaction', patch(block1, lengthAt + 4, 1), 'TX_PREFIX'),
      hostile('a length of 2^32 - 1', patch(block1, lengthAt, 255, 255, 255, 255), 'TX_TRUNCATED'),
      hostile('a length of 0', patch(block1, lengthAt, 0, 0, 0, 0), 'TX_TRUNCATED'),
      hostile('a length that includes the 0x00', patch(block1, lengthAt + 3, 17), 'TX_TRUNCATED'),
      hostile('a transaction of version 2', patch(block1, lengthAt + 5, 2), 'TX_VERSION'),
      // Too long to write out: that many zeros.
      { name: 'over 640 KiB', bytes: 'zeros:655361', code: 'BLOCK_TOO_LARGE' },
    ],
  };
}

interface FaultyChain {
  readonly name: string;
  /** Canonical bytes of the block that is offered after block `after` of the good chain. */
  readonly after: number;
  readonly block: string;
  readonly reason: string;
}

/** One block in the place after `after`, and what is wrong with it there. */
function fault(name: string, after: number, block: Buffer, reason: string): FaultyChain {
  return { name, after, block: hex(block), reason };
}

export function chainVectors() {
  const one = [plain.transaction({ id: 'x', payload: Buffer.of(1) })];
  const twice = [one[0]!, plain.transaction({ id: 'x', payload: Buffer.of(2) })];
  const configAs = (id: string, document: unknown, change: Partial<plain.PlainHeader> = {}) =>
    follow(
      genesis,
      [plain.transaction({ id, payload: Buffer.from(plain.canonical(document)) })],
      1,
      { kind: 1, configNumber: 1, ...change },
    );
  const falseRoot = patch(block1, block1.length - 1, 0xac);
  return {
    about:
      'A chain with a membership change, and blocks that may not follow in it, with the reason.',
    channelId: hex(channelId),
    chain: chain.map(hex),
    faults: [
      fault(
        'signed by another voter',
        0,
        follow(genesis, one, 2, {}, seedOf('orderer1')),
        'SIGNATURE',
      ),
      fault('a signature of zeros', 0, patch(block1, 142, ...Array(64).fill(0)), 'SIGNATURE'),
      fault('proposed by nobody', 0, follow(genesis, one, 0, {}, seedOf('orderer1')), 'PROPOSER'),
      fault('proposed by a member to come', 1, follow(block1, one, 4), 'PROPOSER'),
      fault('proposed by a member that has left', 4, follow(block4, one, 3), 'PROPOSER'),
      fault('the same block again', 1, block1, 'NUMBER'),
      fault('a block skipped', 0, follow(block1, one, 1), 'NUMBER'),
      fault(
        'another channel',
        0,
        follow(genesis, one, 1, { channelId: plain.zeros(32) }),
        'CHANNEL_ID',
      ),
      fault(
        'another predecessor',
        1,
        follow(block1, one, 1, { previousHash: channelId }),
        'PREVIOUS_HASH',
      ),
      fault(
        'the number of an older configuration',
        2,
        follow(block2, one, 1, { configNumber: 0 }),
        'CONFIG_NUMBER',
      ),
      fault('a lower term', 1, follow(block1, one, 1, { term: 1 }), 'TERM'),
      fault('an earlier time', 1, follow(block1, one, 1, { timestampMs: CREATED_MS }), 'TIME'),
      fault('a changed payload', 0, falseRoot, 'ROOT'),
      fault('an id twice', 0, follow(genesis, twice, 1), 'DUPLICATE_ID'),
      fault(
        'a config- id in a data block',
        0,
        follow(genesis, [configTransaction(1, 'x')], 1),
        'RESERVED_ID',
      ),
      fault('a config block under a wrong id', 0, configAs('config-2', joint), 'CONFIG_SHAPE'),
      fault('a config block that is no document', 0, configAs('config-1', 7), 'CONFIG_SHAPE'),
      fault(
        'a config block with an old configNumber',
        0,
        configAs('config-1', joint, { configNumber: 0 }),
        'CONFIG_NUMBER',
      ),
      fault(
        'a member removed in one step',
        0,
        configAs('config-1', { ...done, outgoing: [] }),
        'CONFIG_CHANGE',
      ),
      fault('the configuration already in force', 0, configAs('config-1', config), 'CONFIG_CHANGE'),
    ],
  };
}

export function configVectors() {
  const text = plain.canonical(config);
  const changed = (change: object) => plain.canonical({ ...config, ...change });
  const limits = (change: object) => changed({ batch: { ...config.batch, ...change } });
  const [first, second] = members;
  const refused = (name: string, document: string, code: string) => ({ name, document, code });
  return {
    about: 'Configuration documents: the canonical text, and texts refused with the code given.',
    good: [text, plain.canonical(joint), plain.canonical(done)],
    hostile: [
      refused('nothing', '', 'CONFIG_NOT_JSON'),
      refused('a byte order mark', `\ufeff${text}`, 'CONFIG_NOT_JSON'),
      refused('a trailing newline', `${text}\n`, 'CONFIG_NOT_CANONICAL'),
      refused('a space', text.replace(':', ': '), 'CONFIG_NOT_CANONICAL'),
      refused('fields in another order', JSON.stringify(config), 'CONFIG_NOT_CANONICAL'),
      refused(
        'an integer written as a fraction',
        text.replace('"version":1', '"version":1.0'),
        'CONFIG_NOT_CANONICAL',
      ),
      refused(
        'a field twice',
        text.replace('{"batch"', '{"version":1,"batch"'),
        'CONFIG_NOT_CANONICAL',
      ),
      refused('a fraction', text.replace('"tickMs":100', '"tickMs":100.5'), 'CONFIG_FIELD'),
      refused('an unknown field', changed({ zone: 1 }), 'CONFIG_FIELD'),
      refused(
        'an unknown field of a member',
        changed({ members: [{ ...first, port: 1 }] }),
        'CONFIG_FIELD',
      ),
      refused('a policy', changed({ policies: { writers: [] } }), 'CONFIG_FIELD'),
      refused('version 2', changed({ version: 2 }), 'CONFIG_FIELD'),
      refused('a reserved channel name', changed({ channel: 'heartbeat' }), 'CONFIG_FIELD'),
      refused('5001 transactions a block', limits({ maxTransactions: 5001 }), 'CONFIG_FIELD'),
      refused('blocks over 640 KiB', limits({ preferredBytes: 655_155 }), 'CONFIG_LIMITS'),
      refused(
        'transactions over 640 KiB',
        limits({ maxTransactionBytes: 655_150 }),
        'CONFIG_LIMITS',
      ),
      refused('members not sorted', changed({ members: [second, first] }), 'CONFIG_MEMBERS'),
      refused('an id that was never given', changed({ nextMemberId: 3 }), 'CONFIG_MEMBERS'),
      refused(
        'a key twice',
        changed({ members: [first, { ...second, key: first?.key }] }),
        'CONFIG_MEMBERS',
      ),
      refused(
        'a name twice',
        changed({ members: [first, { ...second, name: first?.name }] }),
        'CONFIG_MEMBERS',
      ),
      refused(
        'a key with a false checksum',
        changed({ members: [{ ...first, key: `U${'A'.repeat(55)}` }] }),
        'BAD_KEY',
      ),
      refused(
        'a key of small order',
        changed({
          members: [{ ...first, key: plain.nkey(Buffer.concat([Buffer.of(1), plain.zeros(31)])) }],
        }),
        'BAD_KEY',
      ),
    ],
  };
}
