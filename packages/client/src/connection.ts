/**
 * Waiting for the bus to be connected. Nothing is sent into a lost connection: it could not arrive, and what could not
 * arrive was certainly not ordered.
 */
import type { Bus, Cancellable } from '@cairn/transport';

export class Connection {
  readonly #bus: Bus;
  readonly #waiting = new Set<() => void>();
  readonly #watching = new Set<(connected: boolean) => void>();

  constructor(bus: Bus) {
    this.#bus = bus;
    bus.onConnectionChange((connected) => this.#changed(connected));
  }

  get connected(): boolean {
    return this.#bus.connected;
  }

  /** At once if connected, otherwise when it next is. */
  whenConnected(callback: () => void): Cancellable {
    if (this.#bus.connected) callback();
    else this.#waiting.add(callback);
    return { cancel: () => this.#waiting.delete(callback) };
  }

  onChange(callback: (connected: boolean) => void): Cancellable {
    this.#watching.add(callback);
    return { cancel: () => this.#watching.delete(callback) };
  }

  #changed(connected: boolean): void {
    for (const callback of [...this.#watching]) callback(connected);
    if (!connected) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }
}
