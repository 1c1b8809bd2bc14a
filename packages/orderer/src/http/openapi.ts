/**
 * The description of the HTTP door, made from the routes themselves. Pure.
 */
import { contentTypes } from '@cairn/transport';
import { z } from 'zod';
import type { Route, RouteParameter } from './route.ts';
import { refusalSchema } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

export function openapiOf(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cairn',
      version,
      description: 'Submit transactions to a channel, read its blocks, follow it.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { schemas: { Refusal: schemaOf(refusalSchema) } },
  };
}

function operationOf(route: Route): Json {
  const { operationId, summary, parameters, body } = route;
  return {
    operationId,
    summary,
    parameters: parameters.map(parameterOf),
    ...(body !== null && { requestBody: bodyOf(body) }),
    responses: responsesOf(route),
  };
}

function parameterOf({ name, in: place, description, schema }: RouteParameter): Json {
  const required = !schema.safeParse(undefined).success;
  return { name, in: place, description, required, schema: schemaOf(schema) };
}

function bodyOf(description: string): Json {
  return { description, required: true, content: { [contentTypes.bytes]: {} } };
}

function responsesOf({ answer, refusals }: Route): Json {
  const content = Object.fromEntries(
    Object.entries(answer.content).map(([type, schema]) => [
      type,
      schema === null ? {} : { schema: schemaOf(schema) },
    ]),
  );
  const refusal = {
    description: 'Refused; the code says why and what to do.',
    content: { [contentTypes.json]: { schema: { $ref: '#/components/schemas/Refusal' } } },
  };
  return {
    200: { description: answer.description, content },
    ...Object.fromEntries(refusals.map((status) => [status, refusal])),
  };
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
