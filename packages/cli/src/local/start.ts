/**
 * Starting the processes of a local cluster: the NATS server first, then orderers, each until it is ready.
 */
import type { ClusterFile } from './cluster-file.ts';
import { requireOrderer } from './cluster-file.ts';
import { type Home, natsServerName } from './home.ts';
import { natsServerEnvironment } from './nats-server.ts';
import { launch, type StartedProcess } from './processes.ts';
import { cairnProgram, environmentWithoutSettings } from './program.ts';
import { isUpAndLed, natsAnswers, waitUntilReady } from './readiness.ts';

const NATS_READY_TIMEOUT_MS = 15_000;
const ORDERER_READY_TIMEOUT_MS = 60_000;

export async function startNatsServer(
  home: Home,
  program: string,
  cluster: ClusterFile,
): Promise<void> {
  const started = launch(home, {
    name: natsServerName,
    command: program,
    parameters: ['--config', home.natsConfiguration],
    environment: natsServerEnvironment(environmentWithoutSettings(process.env)),
  });
  const port = Number(new URL(cluster.nats).port);
  const isReady = () => natsAnswers(port);
  await waitUntilReady(home, {
    name: natsServerName,
    started,
    isReady,
    timeoutMs: NATS_READY_TIMEOUT_MS,
  });
}

export function launchOrderer(home: Home, name: string): StartedProcess {
  return launch(home, {
    name,
    command: process.execPath,
    parameters: [cairnProgram, 'orderer', '--config', home.ordererFile(name)],
    environment: environmentWithoutSettings(process.env),
  });
}

/** Returns when it takes part and knows the leaders; it may still be catching up. */
export async function waitForOrderer(
  home: Home,
  cluster: ClusterFile,
  name: string,
  started: StartedProcess,
): Promise<void> {
  const { operations } = requireOrderer(cluster, name);
  const isReady = () => isUpAndLed(`${operations}/readyz`);
  await waitUntilReady(home, { name, started, isReady, timeoutMs: ORDERER_READY_TIMEOUT_MS });
}
