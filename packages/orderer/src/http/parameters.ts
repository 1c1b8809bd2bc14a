/**
 * Parameters that several routes take.
 */
import { headerNames } from '@cairn/transport';
import { z } from 'zod';
import { nameSchema } from '../config-schema.ts';
import { TIMEOUT_MS_DEFAULT, WAIT_MS_DEFAULT } from '../doors/request-options.ts';
import type { RouteParameter } from './route.ts';

export const channelParameter: RouteParameter = {
  name: 'channel',
  in: 'path',
  description: 'Name of the channel; any orderer serves any channel.',
  schema: nameSchema,
};

export const waitParameter: RouteParameter = {
  name: headerNames.waitMs,
  in: 'header',
  description: `How long to wait for a block that is about to be made; ${WAIT_MS_DEFAULT} unless told.`,
  schema: z.int().min(0).optional(),
};

export const timeoutParameter: RouteParameter = {
  name: headerNames.timeoutMs,
  in: 'header',
  description: `How long to try; ${TIMEOUT_MS_DEFAULT} unless told.`,
  schema: z.int().min(0).optional(),
};
