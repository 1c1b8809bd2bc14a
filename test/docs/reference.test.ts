import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from './checkout.ts';
import { generatedPages } from './pages.ts';

test('the generated pages of the documentation are what the code says; "npm run docs" writes them', async () => {
  for (const [path, text] of await generatedPages()) {
    expect(readFileSync(join(checkout, path), 'utf8'), path).toBe(text);
  }
});
