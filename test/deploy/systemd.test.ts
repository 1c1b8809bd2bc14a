import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadOrdererConfig } from '@cairn/orderer/settings';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout } from '../docs/checkout.ts';
import { cairn } from '../support/cluster.ts';
import { type GuardedDirectory, makeGuardedDirectory } from '../support/guarded-directory.ts';

const folder = join(checkout, 'deploy', 'systemd');
const unitFile = join(folder, 'cairn@.service');
const unit = readFileSync(unitFile, 'utf8');
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

let directory: GuardedDirectory;
beforeAll(() => {
  directory = makeGuardedDirectory('cairn-systemd-');
});
afterAll(() => directory?.remove());

function analyze(...parameters: string[]) {
  const settings = { encoding: 'utf8' as const };
  const { status, stdout, stderr } = spawnSync('systemd-analyze', parameters, settings);
  return { status, output: stdout + stderr };
}

/** Every value of a key, in order. */
const valuesOf = (key: string): string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);

describe.skipIf(!hasSystemd)('the unit', () => {
  test('is one that systemd takes without a word', () => {
    expect(analyze('verify', unitFile)).toEqual({ status: 0, output: '' });
  });

  test('would not be taken so with a directive that does not exist', () => {
    const changed = join(directory.path, 'cairn@.service');
    writeFileSync(changed, unit.replace('NoNewPrivileges', 'NoMorePrivileges'));
    expect(analyze('verify', changed).output).toMatch(/Unknown key .*NoMorePrivileges/);
  });

  test('gives the process little: systemd rates its exposure below 2 of 10', () => {
    const { status, output } = analyze('security', '--offline=true', '--threshold=20', unitFile);
    expect(status, output).toBe(0);
  });

  test('runs as a user that the other file makes', () => {
    const users = join(folder, 'sysusers.conf');
    const made = spawnSync('systemd-sysusers', ['--dry-run', users], { encoding: 'utf8' });
    expect(made.status, made.stderr).toBe(0);
    expect(readFileSync(users, 'utf8')).toMatch(new RegExp(`^u ${valuesOf('User')[0]} `, 'm'));
  });
});

test('the unit starts an orderer on the files that init makes', async () => {
  const etc = join(directory.path, 'etc');
  const credentials = join(directory.path, 'credentials');
  mkdirSync(credentials);
  const made = await cairn(['init', '--dir', etc, '--orderers', '3']);
  expect(made.exitCode).toBe(0);
  const here = (text: string): string =>
    text.replaceAll('%i', 'orderer2').replaceAll('%d', credentials).replaceAll('/etc/cairn', etc);
  for (const [name = '', path = ''] of valuesOf('LoadCredential').map((each) =>
    here(each).split(':'),
  )) {
    copyFileSync(path, join(credentials, name));
  }
  const environment = Object.fromEntries(
    valuesOf('Environment').map((each) => here(each).split('=')),
  );
  const [start = ''] = valuesOf('ExecStart').map(here);
  expect(start).toContain('/opt/cairn/packages/cli/bin/cairn.js orderer --config ');
  const config = loadOrdererConfig(start.split(' ').at(-1)!, environment);
  expect(config).toMatchObject({ name: 'orderer2', directory: '/var/lib/cairn/orderer2' });
  expect(config.keys.signingSeedFile).toBe(join(credentials, 'signing.nk'));
});
