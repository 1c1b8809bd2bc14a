import {
  bodyBytesMax,
  type ChannelConfig,
  canonicalJson,
  defaultBatch,
  defaultRaft,
  encodeConfig,
  encodeKey,
  type JsonValue,
  parseConfig,
  utf8,
} from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import { expectReturned, expectThrown } from './expect-code.ts';
import { config, memberOf } from './sample.ts';

/** Canonical bytes of the sample with some fields changed, valid or not. */
function bytesWith(change: Record<string, unknown>): Uint8Array {
  return utf8(canonicalJson({ ...config, ...change } as unknown as JsonValue));
}

const member = (id: number, change: object = {}) => ({ ...memberOf(id), id, ...change });

describe('a configuration', () => {
  test('reads back what was written', () => {
    expect(parseConfig(encodeConfig(config))).toEqual(config);
  });

  test('is canonical JSON: sorted, without spaces', () => {
    const text = Buffer.from(encodeConfig(config)).toString();
    expect(text).toMatch(/^\{"batch":\{"maxTransactionBytes":262144,"maxTransactions":500,/);
    expect(text).toMatch(/"outgoing":\[\],"policies":\{\},"raft":\{.*\},"version":1\}$/);
  });

  test('has the documented defaults', () => {
    expect(config.batch).toEqual(defaultBatch);
    expect(defaultBatch).toEqual({
      maxTransactions: 500,
      preferredBytes: 524_288,
      maxTransactionBytes: 262_144,
      timeoutMs: 100,
    });
    expect(defaultRaft).toEqual({ tickMs: 100, electionTicks: 10, heartbeatTicks: 2 });
  });

  test('in any other spelling is refused', () => {
    const text = Buffer.from(encodeConfig(config)).toString();
    const { version, ...rest } = config;
    const spellings = [
      ` ${text}`,
      `${text}\n`,
      JSON.stringify({ version, ...rest }),
      text.replace('"version":1', '"version":1.0'),
      text.replace('"version":1', '"version":1e0'),
      text.replace('"version":1', '"version":1,"version":1'),
      text.replace('mychannel', '\\u006dychannel'),
    ];
    for (const spelling of spellings) {
      expectReturned(parseConfig(utf8(spelling)), 'CONFIG_NOT_CANONICAL');
    }
  });

  test('that is not a JSON document is refused', () => {
    for (const text of ['', '{', 'nul', '\ufeff{}', '[', '['.repeat(60_000)]) {
      expectReturned(parseConfig(utf8(text)), 'CONFIG_NOT_JSON');
    }
    expectReturned(parseConfig(Uint8Array.of(0x22, 0xff, 0x22)), 'CONFIG_NOT_JSON');
    expectReturned(parseConfig(new Uint8Array(65_537).fill(0x20)), 'CONFIG_NOT_JSON');
    for (const text of ['null', '1', '""', '[]', '{}']) {
      expectReturned(parseConfig(utf8(text)), 'CONFIG_FIELD');
    }
  });

  test.each(Object.keys(config))('without the field %s is refused', (key) => {
    const { [key as keyof ChannelConfig]: _, ...rest } = config;
    const bytes = utf8(canonicalJson(rest as unknown as JsonValue));
    expectReturned(parseConfig(bytes), 'CONFIG_FIELD');
  });

  test.each([
    ['an unknown field', { extra: 1 }],
    ['an unknown field in batch', { batch: { ...defaultBatch, extra: 1 } }],
    ['an unknown field in raft', { raft: { ...defaultRaft, extra: 1 } }],
    ['an unknown field in a member', { members: [member(1, { extra: 1 })] }],
    ['a policy', { policies: { writers: 1 } }],
    ['policies that are a list', { policies: [] }],
    ['another version', { version: 2 }],
    ['a reserved channel name', { channel: 'submit' }],
    ['a reserved member name', { members: [member(1, { name: 'raft' })] }],
    ['an unknown role', { members: [member(1, { role: 'leader' })] }],
    ['member id 0', { members: [member(0)] }],
    ['a text for a number', { createdMs: '1' }],
    ['a negative time', { createdMs: -1 }],
    ['a time after the year 9999', { createdMs: 253_402_300_800_000 }],
    ['no transactions in a block', { batch: { ...defaultBatch, maxTransactions: 0 } }],
    ['over 5000 transactions', { batch: { ...defaultBatch, maxTransactions: 5001 } }],
    ['no time-out', { batch: { ...defaultBatch, timeoutMs: 0 } }],
    ['a time-out no timer takes', { batch: { ...defaultBatch, timeoutMs: 2 ** 31 } }],
    ['no heartbeat', { raft: { ...defaultRaft, heartbeatTicks: 0 } }],
    ['elections faster than heartbeats', { raft: { ...defaultRaft, electionTicks: 2 } }],
    ['outgoing ids that are texts', { outgoing: ['1'] }],
    ['members that are no list', { members: {} }],
  ])('with %s is refused', (_, change) => {
    expectReturned(parseConfig(bytesWith(change)), 'CONFIG_FIELD');
  });

  test('with a field named __proto__ is refused', () => {
    const text = Buffer.from(encodeConfig(config)).toString();
    expectReturned(parseConfig(utf8(text.replace('{', '{"__proto__":{},'))), 'CONFIG_FIELD');
  });

  test.each([
    ['no members', { members: [] }],
    ['only learners', { members: [member(1, { role: 'learner' })] }],
    ['unsorted members', { members: [member(2), member(1)] }],
    ['an id twice', { members: [member(1), member(1, { name: 'other', key: memberOf(2).key })] }],
    ['a name twice', { members: [member(1), member(2, { name: 'orderer1' })] }],
    ['a key twice', { members: [member(1), member(2, { key: memberOf(1).key })] }],
    ['an id at nextMemberId', { nextMemberId: 3 }],
    ['unsorted outgoing', { outgoing: [2, 1] }],
    ['an outgoing id twice', { outgoing: [1, 1] }],
    ['an outgoing id never given', { outgoing: [4] }],
  ])('with %s is refused', (_, change) => {
    expectReturned(parseConfig(bytesWith(change)), 'CONFIG_MEMBERS');
  });

  test('with a key that is misspelt or of small order is refused', () => {
    const zeroPoint = encodeKey(Uint8Array.of(1, ...new Array<number>(31).fill(0)));
    for (const key of ['U', zeroPoint, 7]) {
      expectReturned(parseConfig(bytesWith({ members: [member(1, { key })] })), 'BAD_KEY');
    }
  });
});

describe('the largest block', () => {
  const room = 640 * 1024 - 206;
  const withBatch = (change: object) => bytesWith({ batch: { ...defaultBatch, ...change } });

  test('may reach 640 KiB and not one byte more', () => {
    expect(parseConfig(withBatch({ preferredBytes: room }))).not.toBeInstanceOf(Error);
    expectReturned(parseConfig(withBatch({ preferredBytes: room + 1 })), 'CONFIG_LIMITS');
    const oneTransaction = { preferredBytes: 1, maxTransactionBytes: room - 5 };
    expect(parseConfig(withBatch(oneTransaction))).not.toBeInstanceOf(Error);
    expectReturned(
      parseConfig(withBatch({ ...oneTransaction, maxTransactionBytes: room - 4 })),
      'CONFIG_LIMITS',
    );
  });

  test('is ruled by preferredBytes or by one transaction, whichever is larger', () => {
    expect(bodyBytesMax(defaultBatch)).toBe(524_288);
    expect(bodyBytesMax({ ...defaultBatch, preferredBytes: 1 })).toBe(262_149);
  });
});

test('an invalid configuration is never written', () => {
  expectThrown(() => encodeConfig({ ...config, members: [] }), 'CONFIG_MEMBERS');
});
