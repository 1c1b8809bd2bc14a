/** The package runs in a browser: bundled for one, it needs nothing of Node. */

import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { encodeConfig, toHex } from '@cairn/ledger';
import { build } from 'vite';
import { expect, test } from 'vitest';
import { config, genesis } from './sample.ts';

const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));

async function bundleForBrowser(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: true,
      lib: { entry, formats: ['iife'], name: 'ledger', fileName: 'ledger' },
    },
  });
  const [bundle] = Array.isArray(result) ? result : [result];
  if (bundle === undefined || !('output' in bundle)) throw new Error('vite made no bundle');
  return bundle.output.map((file) => (file.type === 'chunk' ? file.code : '')).join('\n');
}

/** The one use of Node, a faster reader of ASCII where the host has it, is optional: the next test runs without it. */
test('a browser bundle imports nothing of Node, and names only the optional reader', async () => {
  const code = await bundleForBrowser();
  expect(code.match(/node:[a-z]*|\brequire\(|vite-browser-external/g)).toBeNull();
  expect(code.match(/\bBuffer\b[^,;]*/g)).toEqual([expect.stringContaining('latin1Slice')]);
});

test('the bundle makes and reads block 0 with nothing but the globals of a browser', async () => {
  const script = `${await bundleForBrowser()}
    ;const block = ledger.genesisBlock(ledger.parseConfig(configBytes));
    ledger.toHex(ledger.orThrow(ledger.decodeBlock(ledger.nobleCrypto, block.bytes)).hash);`;
  const globals = { TextEncoder, TextDecoder, Uint8Array, configBytes: encodeConfig(config) };
  expect(runInNewContext(script, globals)).toBe(toHex(genesis.hash));
});
