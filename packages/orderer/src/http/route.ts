/**
 * What a route of the HTTP door is: the handler and its description, from which /openapi.json is made.
 */
import type { z } from 'zod';
import type { DoorContext } from './door-context.ts';

export interface RouteParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema: z.ZodType;
}

export interface RouteAnswer {
  readonly description: string;
  /** By content type; a schema, or null for bytes and streams. */
  readonly content: Readonly<Record<string, z.ZodType | null>>;
}

/** A request as handlers see it; names in the path are percent-decoded. */
export interface RouteRequest {
  path(name: string): string;
  query(name: string): string | undefined;
  header(name: string): string | undefined;
  /** Null if there is more than that. */
  body(bytesMax: number): Promise<Uint8Array | null>;
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** With `{name}` for what varies. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly RouteParameter[];
  /** Description of the request's body; null: it has none. */
  readonly body: string | null;
  readonly answer: RouteAnswer;
  /** Statuses of its refusals. */
  readonly refusals: readonly number[];
  readonly handle: (door: DoorContext, request: RouteRequest) => Promise<Response>;
}
