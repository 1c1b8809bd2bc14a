import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { choosePorts, findTakenPort, requireFreePorts } from '../../src/local/ports.ts';

test('fixed bases give base + i', async () => {
  const bases = { natsPort: 4222, httpPort: 8080, operationsPort: 9100 };
  expect(await choosePorts(bases, 2)).toEqual({
    nats: 4222,
    orderers: [
      { http: 8081, operations: 9101 },
      { http: 8082, operations: 9102 },
    ],
  });
});

test('0 gives free ports, each once', async () => {
  const ports = await choosePorts({ natsPort: 0, httpPort: 0, operationsPort: 0 }, 5);
  const all = [ports.nats, ...ports.orderers.flatMap(({ http, operations }) => [http, operations])];
  expect(new Set(all).size).toBe(11);
  expect(await findTakenPort(ports)).toBeNull();
});

test('a port that is taken is named, with what it is for and exit code 4', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const free = await choosePorts({ natsPort: 0, httpPort: 0, operationsPort: 0 }, 1);
  const ports = {
    ...free,
    orderers: [{ http: port, operations: free.orderers[0]?.operations ?? 0 }],
  };
  await expect(requireFreePorts(ports)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    exitCode: 4,
    message: expect.stringContaining(`Port ${port} on 127.0.0.1, wanted for HTTP of orderer1`),
  });
});
