/**
 * The NATS servers by themselves: does somebody answer, is it NATS, and does it let through what Cairn sends? A server says
 * so in its first line, before anybody logs in.
 */
import { connect } from 'node:net';
import { BLOCK_BYTES_MAX } from '@cairn/ledger';
import { z } from 'zod';
import { systemReason } from '../errors.ts';
import { type Finding, findingsOf, inBinaryUnits } from './finding.ts';
import { isAtLeast } from './machine.ts';

const GREETING_TIMEOUT_MS = 2_000;
const GREETING_BYTES_MAX = 64 * 1024;
/** What the headers of a message take at most, and a margin. */
const HEADER_BYTES = 16 * 1024;
/** The oldest that Cairn is tested with. */
const OLDEST_TESTED = '2.9.0';
const DEFAULT_PORT = 4222;

const greetingSchema = z.object({
  version: z.string(),
  max_payload: z.number(),
  headers: z.boolean().default(false),
  tls_required: z.boolean().default(false),
});

export type Greeting = z.output<typeof greetingSchema>;

/** `remedy`: what to do if no server answers there. */
export async function examineNatsServer(address: string, remedy: string): Promise<Finding> {
  const greeting = await greetingOf(address);
  return typeof greeting === 'string'
    ? findingsOf('nats', address).problem(greeting, remedy)
    : judgeGreeting(address, greeting);
}

/** What the server says of itself, or a sentence about why nothing was heard. */
async function greetingOf(address: string): Promise<Greeting | string> {
  const { host, port } = placeOf(address);
  const line = await firstLine(host, port);
  if (line.startsWith('INFO ')) {
    const greeting = greetingSchema.safeParse(JSON.parse(line.slice('INFO '.length)));
    if (greeting.success) return greeting.data;
  }
  return line.startsWith('!')
    ? line.slice(1)
    : `What answers at ${host}:${port} is no NATS server.`;
}

function placeOf(address: string): { host: string; port: number } {
  const url = new URL(address.includes('://') ? address : `nats://${address}`);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port) };
}

/** A line, or "!" and a sentence. */
function firstLine(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port });
    const end = (line: string): void => {
      socket.destroy();
      resolve(line);
    };
    socket.setTimeout(GREETING_TIMEOUT_MS, () =>
      end(`!Nothing was heard from ${host}:${port} within ${GREETING_TIMEOUT_MS / 1000} s.`),
    );
    socket.once('error', (error) =>
      end(`!No NATS server answers at ${host}:${port}: ${reasonOf(error)}.`),
    );
    socket.once('close', () => end(text));
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      const [line = '', ...rest] = text.split('\r\n');
      if (rest.length > 0 || text.length > GREETING_BYTES_MAX) end(line);
    });
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'nobody listens there';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'the name is not known';
  return systemReason(error);
}

export function judgeGreeting(address: string, greeting: Greeting): Finding {
  const { ok, warning, problem } = findingsOf('nats', address);
  const { version, max_payload: payloadBytesMax, headers } = greeting;
  if (!headers) {
    return problem(
      `The server (${version}) does not carry headers.`,
      'Take a newer nats-server, and do not set no_header_support.',
    );
  }
  if (payloadBytesMax < BLOCK_BYTES_MAX + HEADER_BYTES) {
    return problem(
      `The server takes messages up to ${inBinaryUnits(payloadBytesMax)}, and a block can have ${inBinaryUnits(BLOCK_BYTES_MAX)}: large blocks could not be read.`,
      'Set max_payload to 1048576, which is its default.',
    );
  }
  const told = `Version ${version}, messages up to ${inBinaryUnits(payloadBytesMax)}`;
  return isAtLeast(version, OLDEST_TESTED)
    ? ok(`${told}.`)
    : warning(
        `${told}; Cairn is tested with ${OLDEST_TESTED} and newer.`,
        'Take a newer nats-server.',
      );
}
