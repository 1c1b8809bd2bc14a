/**
 * The operations listener: for probes, Prometheus and operators. Not for the public.
 *
 *   GET /livez  /readyz  /metrics  /version      GET, PUT /loglevel
 */
import { utf8Decode } from '@cairn/ledger';
import { Hono } from 'hono';
import { z } from 'zod';
import { logLevels } from '../config-schema.ts';
import type { LogLevel, ProcessLog } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { version } from '../version.ts';
import { readBody } from './body.ts';
import { type ReadinessFacts, readinessOf } from './readiness.ts';
import { parseJson } from './relay.ts';
import { json, plainText, refuseWith } from './replies.ts';

export interface OperationsDependencies {
  readonly ordererName: string;
  readonly facts: ReadinessFacts;
  readonly metrics: Metrics;
  readonly log: ProcessLog;
}

const BODY_BYTES_MAX = 1024;
const levelSchema = z.strictObject({ level: z.enum(logLevels) });
const LEVEL_SENTENCE = `Send JSON {"level": one of ${logLevels.join(', ')}}.`;
const INDEX = 'Cairn operations: /livez /readyz /metrics /version /loglevel\n';

export function operationsApp(dependencies: OperationsDependencies): Hono {
  const { ordererName, facts, metrics, log } = dependencies;
  const app = new Hono();
  app.get('/livez', () => json(200, { live: true }));
  app.get('/readyz', () => {
    const readiness = readinessOf(facts);
    return json(readiness.ready ? 200 : 503, readiness);
  });
  app.get('/metrics', async () => {
    const text = await metrics.text();
    return new Response(text, { headers: { 'Content-Type': metrics.contentType } });
  });
  app.get('/version', () => json(200, { name: ordererName, version, node: process.version }));
  app.get('/loglevel', () => json(200, { level: log.level }));
  app.put('/loglevel', async (context) => {
    const level = readLevel(await readBody(context.req.raw, BODY_BYTES_MAX));
    if (level === null) return refuseWith('MALFORMED_REQUEST', { message: LEVEL_SENTENCE });
    log.level = level;
    return json(200, { level });
  });
  app.get('/', () => plainText(INDEX));
  app.notFound(() =>
    refuseWith('NOT_FOUND', { message: `There is nothing here. ${INDEX.trim()}` }),
  );
  return app;
}

function readLevel(body: Uint8Array | null): LogLevel | null {
  const text = body === null ? null : utf8Decode(body);
  const parsed = levelSchema.safeParse(parseJson(text ?? ''));
  return parsed.success ? parsed.data.level : null;
}
