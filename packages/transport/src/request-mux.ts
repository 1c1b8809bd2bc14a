/**
 * Requests and their replies over one wildcard subscription, for every bus.
 *
 * Invariants: `done` is called exactly once unless cancelled or `request` throws; a lost connection ends every
 * open request as `disconnected`, because its reply subject may have missed the reply.
 */
import type {
  BusMessage,
  Cancellable,
  PublishOptions,
  RequestOptions,
  RequestOutcome,
  Subscription,
} from './bus.ts';
import { refusal } from './refusals.ts';
import { headerNames } from './subjects.ts';

/** What a bus lends to the parts built on it. */
export interface BusCore {
  publish(subject: string, payload: Uint8Array, options?: PublishOptions): boolean;
  subscribe(
    subject: string,
    handle: (message: BusMessage) => void,
    queue: string | null,
  ): CoreSubscription;
  /** A fresh private reply subject. */
  createInbox(): string;
  setTimer(delayMs: number, fire: () => void): Cancellable;
  /** Runs soon, after the present call has returned, in order. */
  defer(run: () => void): void;
  nowMs(): number;
}

export interface CoreSubscription extends Subscription {
  /** Ends the interest, but what was sent to us before still reaches the handler. */
  drain(): void;
}

export interface RequestMux {
  request(
    subject: string,
    payload: Uint8Array,
    options: RequestOptions,
    done: (outcome: RequestOutcome) => void,
  ): Cancellable;
  /** The connection is lost: every open request ends now. */
  disconnected(): void;
  /**
   * The server does not let us publish here: the open requests to this subject get the refusal that a service would
   * give, instead of waiting for a reply that cannot come.
   */
  notAllowed(subject: string): void;
}

interface PendingRequest {
  readonly subject: string;
  readonly done: (outcome: RequestOutcome) => void;
  readonly timer: Cancellable;
}

export function createRequestMux(core: BusCore): RequestMux {
  const pending = new Map<string, PendingRequest>();
  let inbox: string | null = null;
  let requests = 0;

  function settle(token: string, outcome: RequestOutcome): void {
    const request = pending.get(token);
    if (request === undefined) return;
    pending.delete(token);
    request.timer.cancel();
    request.done(outcome);
  }

  function openInbox(): string {
    const opened = core.createInbox();
    const accept = (message: BusMessage) =>
      settle(message.subject.slice(opened.length + 1), outcomeOf(message));
    core.subscribe(`${opened}.*`, accept, null);
    return opened;
  }

  function forget(token: string): void {
    pending.get(token)?.timer.cancel();
    pending.delete(token);
  }

  return {
    request(subject, payload, options, done) {
      inbox ??= openInbox();
      requests += 1;
      const token = requests.toString(36);
      const expire = () => settle(token, { kind: 'timeout' });
      const timer = core.setTimer(options.timeoutMs, expire);
      pending.set(token, { subject, done, timer });
      const { headers } = options;
      try {
        const reply = `${inbox}.${token}`;
        const sent = core.publish(subject, payload, headers ? { reply, headers } : { reply });
        if (!sent) core.defer(() => settle(token, { kind: 'disconnected' }));
      } catch (error) {
        forget(token);
        throw error;
      }
      return { cancel: () => forget(token) };
    },
    disconnected() {
      for (const token of [...pending.keys()]) settle(token, { kind: 'disconnected' });
    },
    notAllowed(subject) {
      const refused = [...pending].filter(([, request]) => request.subject === subject);
      for (const [token] of refused) {
        settle(token, { kind: 'reply', message: createNotAllowed(`${inbox}.${token}`, subject) });
      }
    },
  };
}

function outcomeOf(message: BusMessage): RequestOutcome {
  const isFromServer = message.payload.length === 0 && message.header(headerNames.status) === '503';
  return isFromServer ? { kind: 'noResponders' } : { kind: 'reply', message };
}

function createNotAllowed(reply: string, subject: string): BusMessage {
  const message = `NATS does not let this user publish to ${subject}.`;
  const answer = refusal('NOT_ALLOWED', { message });
  const headers: Readonly<Record<string, string>> = {
    [headerNames.errorCode]: String(answer.status),
    [headerNames.error]: message,
  };
  return {
    subject: reply,
    payload: new TextEncoder().encode(JSON.stringify(answer)),
    reply: null,
    header: (name) => headers[name],
  };
}
