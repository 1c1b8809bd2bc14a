#!/usr/bin/env node
// Starts the built command. Committed as plain JavaScript, because npm links only files that exist when it installs.
let main;
try {
  ({ main } = await import('../dist/main.js'));
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write('cairn: not built yet; run "npm run build" in the checkout first.\n');
  process.exit(1);
}
await main();
