import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { homeAt } from '../../src/local/home.ts';
import { prepare } from '../../src/local/up.ts';
import { temporaryFolder } from '../support/folder.ts';

test('a port that is taken is not recorded: the next up would want it again', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const home = homeAt(temporaryFolder());
  const prepared = prepare(
    home,
    {
      ordererCount: 1,
      ports: { natsPort: port, httpPort: 0, operationsPort: 0 },
      channelsDirectory: fileURLToPath(new URL('../../../../channels', import.meta.url)),
      prefix: 'cairn',
      foreground: false,
    },
    true,
  );
  await expect(prepared).rejects.toThrow(`Port ${port} on 127.0.0.1, wanted for NATS`);
  expect(existsSync(home.clusterFile)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
});
