/**
 * The HTTP door: a NATS client with HTTP in front. Any orderer's door serves any channel.
 *
 * Routes come from one table, and so does /openapi.json. Every answer is JSON with the status that NATS clients see,
 * except bytes, event streams and the page at `/`. A page of another origin may read nothing and write nothing here.
 */
import { type Bus, realClock, realRandom, refusal, type Subjects } from '@cairn/transport';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import type { Clock, Random } from '../ports.ts';
import type { Log } from '../telemetry.ts';
import { version } from '../version.ts';
import { blockRoutes } from './block-routes.ts';
import type { BlockStream } from './block-stream.ts';
import { readBody } from './body.ts';
import type { DoorContext } from './door-context.ts';
import { infoRoutes } from './info-routes.ts';
import { openapiOf } from './openapi.ts';
import { json, plainText, refuse, refuseWith } from './replies.ts';
import type { Route, RouteRequest } from './route.ts';
import { submitRoute } from './submit-route.ts';

export interface HttpDoorOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly ordererName: string;
  readonly natsServers: readonly string[];
  readonly channelNames: () => readonly string[];
  /** Event streams served at the same time. */
  readonly streamsMax: number;
  readonly log: Log;
  readonly clock?: Clock;
  readonly random?: Random;
}

export const routes: readonly Route[] = [submitRoute, ...infoRoutes, ...blockRoutes];

export class HttpDoor {
  readonly app: Hono;
  readonly #streams = new Set<BlockStream>();

  constructor(options: HttpDoorOptions) {
    const { bus, subjects, clock = realClock, random = realRandom } = options;
    this.app = doorApp(options, {
      relay: { bus, subjects, clock, random },
      natsServers: options.natsServers,
      channelNames: options.channelNames,
      streams: this.#streams,
      streamsMax: options.streamsMax,
      log: options.log,
    });
  }

  /** Ends every event stream; readers come back to another orderer. */
  close(): void {
    for (const stream of this.#streams) stream.close();
  }
}

function doorApp({ ordererName, log }: HttpDoorOptions, door: DoorContext): Hono {
  const app = new Hono();
  app.use(guard);
  for (const route of routes) addRoute(app, route, door);
  app.get('/openapi.json', () => json(200, openapiOf(routes, version)));
  app.get('/', () => plainText(frontPage(ordererName)));
  addMethods(app);
  app.notFound((context) => refuseWith('NOT_FOUND', { message: notFoundSentence(context) }));
  app.onError((error) => {
    log.error({ code: 'INTERNAL', stack: error.stack }, `HTTP door: ${error.message}`);
    return refuseWith('INTERNAL');
  });
  return app;
}

const guard: MiddlewareHandler = async (context, next) => {
  if (writes(context.req.method) && isForeign(context)) {
    const message = 'A page of another origin may not submit through a browser here.';
    return refuseWith('NOT_ALLOWED', { message });
  }
  await next();
  context.res.headers.set('X-Content-Type-Options', 'nosniff');
  // HEAD runs as GET; nobody will read the body, and an event stream must not wait for it.
  if (context.req.method === 'HEAD') await context.res.body?.cancel();
  return undefined;
};

function writes(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
}

/** Only browsers say where a page comes from, and they always do. */
function isForeign({ req: { raw } }: Context): boolean {
  const origin = raw.headers.get('Origin');
  if (origin === null) return false;
  return !URL.canParse(origin) || new URL(origin).host !== raw.headers.get('Host');
}

/** `{name}` in the table, `:name` in the router. */
function routerPath(path: string): string {
  return path.replaceAll(/\{([a-z]+)\}/g, ':$1');
}

function addRoute(app: Hono, route: Route, door: DoorContext): void {
  app.on(route.method, routerPath(route.path), (context) =>
    route.handle(door, routeRequest(context)),
  );
}

function routeRequest({ req }: Context): RouteRequest {
  return {
    path: (name) => req.param(name) ?? '',
    query: (name) => req.query(name),
    header: (name) => req.header(name),
    body: (bytesMax) => readBody(req.raw, bytesMax),
    signal: req.raw.signal,
  };
}

/** What may be done at an address, for those who ask (OPTIONS) and those who try something else. */
function addMethods(app: Hono): void {
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method);
    const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
    const headers = { Allow: allowed.join(', ') };
    app.on('OPTIONS', routerPath(path), () => new Response(null, { status: 204, headers }));
    app.all(routerPath(path), (context) => {
      const message = `There is no ${context.req.method} here, only ${headers.Allow}.`;
      return refuse(refusal('NOT_FOUND', { message }), headers);
    });
  }
}

function notFoundSentence({ req }: Context): string {
  const shown = JSON.stringify(req.path.slice(0, 100));
  return `There is nothing at ${shown}. /openapi.json lists the routes.`;
}

function frontPage(ordererName: string): string {
  const lines = routes.map(({ method, path, summary }) => `${method.padEnd(5)}${path}  ${summary}`);
  const example = "curl --data 'hello' http://HOST/v1/channels/CHANNEL/transactions";
  return [`Cairn ${version}, ${ordererName}`, '', ...lines, '', example, ''].join('\n');
}
