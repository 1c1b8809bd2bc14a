/** Every command, in the order of the help page. */
import type { Command } from '../command.ts';
import { benchCommand } from './bench.ts';
import { doctorCommand } from './doctor.ts';
import { downCommand } from './down.ts';
import { explainCommand } from './explain.ts';
import { fetchCommand } from './fetch.ts';
import { followCommand } from './follow.ts';
import { guardCommand } from './guard.ts';
import { initCommand } from './init.ts';
import { killCommand, startCommand, stopCommand } from './one-orderer.ts';
import { ordererCommand } from './orderer.ts';
import { statusCommand } from './status.ts';
import { submitCommand } from './submit.ts';
import { tourCommand } from './tour.ts';
import { upCommand } from './up.ts';
import { verifyCommand } from './verify.ts';
import { versionCommand } from './version.ts';

export const commands: readonly Command[] = [
  initCommand,
  upCommand,
  downCommand,
  startCommand,
  stopCommand,
  killCommand,
  ordererCommand,
  statusCommand,
  doctorCommand,
  submitCommand,
  fetchCommand,
  followCommand,
  verifyCommand,
  benchCommand,
  explainCommand,
  versionCommand,
  tourCommand,
  guardCommand,
];
