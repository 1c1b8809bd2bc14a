/**
 * Asking at the doors with a stock NATS client, and the bytes of requests written by hand: nothing of ours.
 */
import { ErrorCode, headers, type Msg, type NatsConnection, NatsError } from 'nats';

export interface Answer {
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Buffer;
  /** Null if it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: what comes back is what is being tested.
  readonly json: any;
}

/** The answer, or `no responders`. */
export async function ask(
  nats: NatsConnection,
  subject: string,
  payload: string | Uint8Array = '',
  fields: Readonly<Record<string, string>> = {},
): Promise<Answer | 'no responders'> {
  const sent = headers();
  for (const [name, value] of Object.entries(fields)) sent.set(name, value);
  try {
    return answerOf(await nats.request(subject, payload, { timeout: 15_000, headers: sent }));
  } catch (error) {
    if (error instanceof NatsError && error.code === ErrorCode.NoResponders) return 'no responders';
    throw error;
  }
}

/** As `ask`, where somebody must answer. */
export async function askAnswered(...parameters: Parameters<typeof ask>): Promise<Answer> {
  const answer = await ask(...parameters);
  if (answer === 'no responders') throw new Error(`Nobody answers ${parameters[1]}`);
  return answer;
}

export function answerOf(message: Msg): Answer {
  const fields = Object.fromEntries(
    (message.headers?.keys() ?? []).map((name) => [name, message.headers!.get(name)]),
  );
  return { headers: fields, data: Buffer.from(message.data), json: parse(message.string()) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Version 1, no flags, id, payload. */
export function transactionBytes(id: string, payload: string): Buffer {
  const idBytes = Buffer.from(id, 'latin1');
  return Buffer.concat([Buffer.from([1, 0, idBytes.length]), idBytes, Buffer.from(payload)]);
}

/** What `batch` takes. */
export function batchFrame(transactions: readonly Buffer[]): Buffer {
  const parts = transactions.flatMap((bytes) => [u32(bytes.length), Buffer.from([0]), bytes]);
  return Buffer.concat([Buffer.from([1]), u32(transactions.length), ...parts]);
}
