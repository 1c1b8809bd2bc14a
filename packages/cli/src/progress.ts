/**
 * Progress on standard error, when a person is watching; otherwise nothing.
 */
import { Presets, SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.ts';

export interface ProgressBar {
  /** `total` may change on the way, if it was known at the start. */
  update(done: number, total?: number): void;
  stop(): void;
}

const silent: ProgressBar = { update: () => {}, stop: () => {} };

/** `total` 0: nobody knows how much it will be, so only what is done is shown. */
export function progressBar(terminal: Terminal, label: string, total: number): ProgressBar {
  if (!terminal.interactive) return silent;
  const format =
    total === 0 ? `  ${label}: {value}` : `  ${label} [{bar}] {percentage}%  {value} of {total}`;
  const options = { format, clearOnComplete: true, hideCursor: true, etaBuffer: 100 };
  const bar = new SingleBar({ ...options, stream: process.stderr }, Presets.shades_classic);
  bar.start(total, 0);
  return {
    update: (done, newTotal) => {
      if (newTotal !== undefined && newTotal !== bar.getTotal()) bar.setTotal(newTotal);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
