import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, readOptionText, valuesOf } from '../src/command.ts';
import { meta } from '../src/options.ts';
import { recordingTerminal } from './support/session.ts';

const command = defineCommand({
  name: 'sample',
  summary: 'A sample',
  examples: [],
  schema: z.object({
    thing: z.string().meta(meta({ positional: true })),
    queueBytesMax: z.number().int().min(1).default(7),
    loud: z
      .boolean()
      .default(false)
      .meta(meta({ alias: 'l' })),
    server: z
      .string()
      .optional()
      .meta(meta({ variables: ['FIRST', 'SECOND'] })),
  }),
  run: async (input, { terminal }) => {
    terminal.print(JSON.stringify(input));
    return 0;
  },
});

const session = () => {
  const recording = recordingTerminal();
  return { ...recording, terminal: recording.terminal, signal: new AbortController().signal };
};

describe('the options of a command', () => {
  test('come from its schema: flags, kinds and variables', () => {
    const [thing, queue, loud, server] = command.options;
    expect(thing).toMatchObject({ key: 'thing', positional: true, variables: [] });
    expect(queue).toMatchObject({
      flag: 'queue-bytes-max',
      kind: 'number',
      variables: ['CAIRN_QUEUE_BYTES_MAX'],
    });
    expect(loud).toMatchObject({ kind: 'boolean', alias: 'l' });
    expect(server?.variables).toEqual(['FIRST', 'SECOND']);
  });

  test('are read from variables in their order, empty ones left out', () => {
    expect(valuesOf(command.options, {}, { FIRST: '', SECOND: 'b' })).toEqual({ server: 'b' });
    expect(valuesOf(command.options, {}, { FIRST: 'a', SECOND: 'b' })).toEqual({ server: 'a' });
    expect(valuesOf(command.options, { server: 'typed' }, { FIRST: 'a' })).toEqual({
      server: 'typed',
    });
  });

  test('turn into defaults, numbers and booleans', async () => {
    const { terminal, out, signal } = session();
    const values = valuesOf(command.options, { thing: '7' }, { CAIRN_LOUD: 'yes' });
    expect(await command.execute(values, { terminal, signal })).toBe(0);
    expect(JSON.parse(out[0] ?? '')).toEqual({ thing: '7', queueBytesMax: 7, loud: true });
  });

  test('name the flag in the sentence of a refusal', () => {
    const { terminal, signal } = session();
    expect(() => command.execute({ queueBytesMax: 0 }, { terminal, signal })).toThrow(
      '<thing> is missing; --queue-bytes-max must be at least 1. See "cairn sample --help".',
    );
  });
});

test.each([
  ['1', true],
  ['TRUE', true],
  ['on', true],
  ['0', false],
  ['no', false],
  ['perhaps', 'perhaps'],
])('reads the boolean %s as %s', (text, value) => {
  expect(readOptionText('boolean', text)).toBe(value);
});

test.each([
  ['12', 12],
  ['-3', -3],
  ['1e3', '1e3'],
  ['0x10', '0x10'],
  ['', ''],
])('reads the number %s as %s', (text, value) => {
  expect(readOptionText('number', text)).toBe(value);
});
