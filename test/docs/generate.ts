/** `npm run docs`: writes the generated pages of the documentation. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './checkout.ts';
import { generatedPages } from './pages.ts';

for (const [path, text] of await generatedPages()) {
  writeFileSync(join(checkout, path), text);
  process.stdout.write(`${path}\n`);
}
