/**
 * From the options of init and up to what the local cluster takes.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PortBases } from './ports.ts';
import type { UpOptions } from './up.ts';

export interface LayoutOptions {
  readonly orderers?: number | undefined;
  readonly natsPort?: number | undefined;
  readonly httpPort?: number | undefined;
  readonly operationsPort?: number | undefined;
  readonly channelsDir?: string | undefined;
}

/** The definitions that come with the software, for those who call the command from somewhere else. */
const bundledChannels = fileURLToPath(new URL('../../../../channels', import.meta.url));

function channelsDirectory(given: string | undefined): string {
  if (given !== undefined) return resolve(given);
  return existsSync('channels') ? resolve('channels') : bundledChannels;
}

function givenPorts({ natsPort, httpPort, operationsPort }: LayoutOptions): Partial<PortBases> {
  return {
    ...(natsPort !== undefined && { natsPort }),
    ...(httpPort !== undefined && { httpPort }),
    ...(operationsPort !== undefined && { operationsPort }),
  };
}

export function upOptionsOf(layout: LayoutOptions, foreground: boolean): UpOptions {
  return {
    ordererCount: layout.orderers,
    ports: givenPorts(layout),
    channelsDirectory: channelsDirectory(layout.channelsDir),
    prefix: 'cairn',
    foreground,
  };
}
