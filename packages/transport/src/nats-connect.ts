/**
 * How the first connection to NATS is made: who we are, how long we try, and what is said when nobody answers.
 *
 * Free of the client library; `nats-bus.ts` gives `dial`, one attempt at all servers.
 */
import { type CairnError, cairnError } from './refusals.ts';

export type NatsCredentials =
  | { readonly kind: 'none' }
  /** The text of a seed, `SU...`. */
  | { readonly kind: 'nkeySeed'; readonly nkeySeed: string }
  /** The text of a `.creds` file: a JWT and a seed. */
  | { readonly kind: 'credsFile'; readonly credsFile: string }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string };

/** Paths of PEM files. */
export interface NatsTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

export interface NatsConnectOptions {
  /** `nats://host:port` or `host:port`. User and password in an address are used if `credentials` has none. */
  readonly servers: readonly string[];
  readonly credentials: NatsCredentials;
  /** Shown by the server's monitoring. */
  readonly name: string;
  readonly tls?: NatsTls;
  /** How long the first connection is tried for. Default 5000. */
  readonly connectTimeoutMs?: number;
  /** Try the first connection for ever, reporting refusals to `onError`. */
  readonly waitOnFirstConnect?: boolean;
  /** Ends the wait for the first connection. */
  readonly signal?: AbortSignal;
  /** A sentence for the log: permission violations, refused logins, what the server says before it cuts us off. */
  readonly onError?: (text: string) => void;
}

/** Why one attempt failed. */
export type DialFailure = 'unreachable' | 'notAuthenticated';

const connectTimeoutMsDefault = 5000;
const retryDelayMs = 150;

/** Attempts until one succeeds. Throws `NO_NATS`, or `NOT_AUTHENTICATED` at once: waiting does not mend a login. */
export async function dialUntilConnected<T>(
  options: NatsConnectOptions,
  dial: () => Promise<T>,
  failureOf: (error: unknown) => DialFailure,
): Promise<T> {
  const deadlineMs = performance.now() + (options.connectTimeoutMs ?? connectTimeoutMsDefault);
  let lastReported: DialFailure | null = null;
  for (;;) {
    try {
      return await dial();
    } catch (error) {
      const failure = failureOf(error);
      const isFinal =
        failure === 'notAuthenticated' || performance.now() + retryDelayMs > deadlineMs;
      const final = connectError(options, failure, error);
      if (options.signal?.aborted || (isFinal && !options.waitOnFirstConnect)) throw final;
      if (failure !== lastReported) options.onError?.(final.message);
      lastReported = failure;
    }
    await sleep(retryDelayMs, options.signal);
  }
}

function connectError(
  options: NatsConnectOptions,
  failure: DialFailure,
  cause: unknown,
): CairnError {
  const where = options.servers.map(withoutSecrets).join(', ');
  switch (failure) {
    case 'notAuthenticated':
      return cairnError(
        'NOT_AUTHENTICATED',
        { message: `NATS at ${where} refuses this login.` },
        cause,
      );
    case 'unreachable': {
      const message = `No NATS server answers at ${where}: is nats-server or \`cairn up\` running there?`;
      return cairnError('NO_NATS', { message }, cause);
    }
  }
}

/** Resolves early, and quietly, when aborted: the next attempt then throws. */
function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, delayMs);
    signal?.addEventListener('abort', finish, { once: true });
    function finish() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    }
  });
}

/** An address as it may be shown: without user and password. */
export function withoutSecrets(server: string): string {
  return server.replace(/^([a-z]+:\/\/)?[^@/]*@/i, '$1');
}

/** The credentials to use: those given, otherwise those in the first address that has some. */
export function credentialsOf(options: NatsConnectOptions): NatsCredentials {
  if (options.credentials.kind !== 'none') return options.credentials;
  for (const server of options.servers) {
    const userInfo = /^(?:[a-z]+:\/\/)?([^@/]+)@/i.exec(server)?.[1];
    if (userInfo !== undefined) return credentialsIn(userInfo);
  }
  return options.credentials;
}

function credentialsIn(userInfo: string): NatsCredentials {
  const [user = '', password] = userInfo.split(':').map(decodeURIComponent);
  return password === undefined
    ? { kind: 'token', token: user }
    : { kind: 'password', user, password };
}
