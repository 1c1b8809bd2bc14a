/** Every command, in the order of the help page. */
import type { Command } from '../command.ts';
import { downCommand } from './down.ts';
import { explainCommand } from './explain.ts';
import { guardCommand } from './guard.ts';
import { initCommand } from './init.ts';
import { killCommand, startCommand, stopCommand } from './one-orderer.ts';
import { ordererCommand } from './orderer.ts';
import { upCommand } from './up.ts';
import { versionCommand } from './version.ts';

export const commands: readonly Command[] = [
  initCommand,
  upCommand,
  downCommand,
  startCommand,
  stopCommand,
  killCommand,
  ordererCommand,
  explainCommand,
  versionCommand,
  guardCommand,
];
