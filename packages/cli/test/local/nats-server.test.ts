import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findNatsServer, natsServerEnvironment } from '../../src/local/nats-server.ts';
import { temporaryFolder } from '../support/folder.ts';

test('NATS_SERVER_BIN goes before PATH', () => {
  const folder = temporaryFolder();
  const program = join(folder, 'nats-server');
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
  expect(findNatsServer({ PATH: folder })).toBe(program);
  expect(findNatsServer({ PATH: '/nonexistent', NATS_SERVER_BIN: program })).toBe(program);
});

test('a NATS_SERVER_BIN that is no program is refused instead of looked past', () => {
  expect(() => findNatsServer({ NATS_SERVER_BIN: '/nonexistent/nats-server' })).toThrow(
    /NATS_SERVER_BIN is \/nonexistent\/nats-server/,
  );
});

test('a NATS server collects its garbage less often than by default, unless the user says how often', () => {
  expect(natsServerEnvironment({ PATH: '/bin' })).toEqual({ PATH: '/bin', GOGC: '400' });
  expect(natsServerEnvironment({ GOGC: '50' })).toEqual({ GOGC: '50' });
});
