/**
 * Waiting that ends when somebody gives up: the application by its signal, or the client by being closed.
 */
import { setMaxListeners } from 'node:events';
import type { Cancellable } from '@cairn/transport';

/** Node warns at the eleventh listener on a signal; one for each submission or stream is the rule here. */
export function withManyListeners(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

export function anySignal(first: AbortSignal, second: AbortSignal | undefined): AbortSignal {
  if (second === undefined) return first;
  return withManyListeners(AbortSignal.any([first, withManyListeners(second)]));
}

/** Resolves when what was begun is done, or at once when the signal is aborted, which cancels it. */
export function untilDoneOrAborted(
  signal: AbortSignal,
  begin: (done: () => void) => Cancellable,
): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    const abort = () => {
      begun.cancel();
      finish();
    };
    signal.addEventListener('abort', abort);
    const begun = begin(finish);
  });
}
