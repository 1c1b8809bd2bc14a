import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  channelJsonSchema,
  parseChannelFile,
  readChannelFiles,
} from '../../src/local/channel-file.ts';
import { temporaryFolder } from '../support/folder.ts';

const channels = fileURLToPath(new URL('../../../../channels', import.meta.url));

describe('the channel definitions of this repository', () => {
  test('are mychannel and audit, and point editors to their schema', () => {
    expect(readChannelFiles(channels).map(({ channel }) => channel)).toEqual([
      'audit',
      'mychannel',
    ]);
    for (const name of ['audit', 'mychannel']) {
      const text = readFileSync(`${channels}/${name}.yaml`, 'utf8');
      expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/channel\.schema\.json\n/);
    }
  });

  test('have a JSON Schema that is what the zod schema says (else: node packages/cli/dist/write-schemas.js)', () => {
    const committed = JSON.parse(readFileSync(`${channels}/channel.schema.json`, 'utf8'));
    expect(committed).toEqual(JSON.parse(JSON.stringify(channelJsonSchema())));
  });
});

describe('a channel definition', () => {
  test('needs nothing but its name', () => {
    expect(parseChannelFile('a.yaml', 'channel: a')).toMatchObject({
      channel: 'a',
      members: 'all',
      batch: { maxTransactions: 500, preferredBytes: 524288, timeoutMs: 100 },
      raft: { tickMs: 100, electionTicks: 10, heartbeatTicks: 2 },
    });
  });

  test.each([
    ['channel: [', /a\.yaml is not YAML/],
    ['', /"channel" is missing/],
    ['channel: b', /its file must be named so/],
    ['channel: a\nbatches: {}', /unknown key "batches"/],
    ['channel: a\nbatch: { maxTransactions: 0 }', /"batch\.maxTransactions"/],
    ['channel: a\nmembers: []', /"members"/],
    ['channel: submit', /reserved/],
  ])('is refused in one sentence (%#)', (text, sentence) => {
    expect(() => parseChannelFile('a.yaml', text)).toThrow(sentence);
  });

  test('is looked for in a directory that must exist and hold one', () => {
    expect(() => readChannelFiles('/nonexistent')).toThrow(/does not exist/);
    expect(() => readChannelFiles(temporaryFolder())).toThrow(/holds no channel definition/);
  });
});
