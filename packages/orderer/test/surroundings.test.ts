import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { expiryOf, surroundingsOf } from '../src/metrics/surroundings.ts';

/** A `.creds` file as the NATS tools write it, with these claims. */
function credsFile(claims: object): string {
  const token = [{ typ: 'JWT', alg: 'ed25519-nkey' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return [
    ...['-----BEGIN NATS USER JWT-----', `${token}.c2lnbmF0dXJl`, '------END NATS USER JWT------'],
    ...['', '-----BEGIN USER NKEY SEED-----', 'SUA...', '------END USER NKEY SEED------', ''],
  ].join('\n');
}

describe('what metrics tell of the surroundings', () => {
  test('credentials expire when their token says so', () => {
    const file = credsFile({ exp: 1_900_000_000, name: 'orderer1' });
    expect(expiryOf({ kind: 'credsFile', credsFile: file })).toBe(1_900_000_000);
  });

  test('what has no date does not expire: a token without one, a key, no login, a damaged file', () => {
    const never = Number.POSITIVE_INFINITY;
    expect(expiryOf({ kind: 'credsFile', credsFile: credsFile({ name: 'orderer1' }) })).toBe(never);
    expect(expiryOf({ kind: 'nkeySeed', nkeySeed: 'SUA...' })).toBe(never);
    expect(expiryOf({ kind: 'none' })).toBe(never);
    expect(expiryOf({ kind: 'credsFile', credsFile: 'no such thing' })).toBe(never);
  });

  test('free bytes are those of the file system of the directory', () => {
    const { diskFreeBytes } = surroundingsOf(tmpdir(), { kind: 'none' });
    expect(diskFreeBytes()).toBeGreaterThan(0);
    expect(() => surroundingsOf('/no/such/directory', { kind: 'none' }).diskFreeBytes()).toThrow(
      'ENOENT',
    );
  });
});
