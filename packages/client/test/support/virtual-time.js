/**
 * Time that passes only when a test says so. Timers fire in order of their time, then of their making; between two, all
 * promises that can settle do.
 */
import { setImmediate as turn } from 'node:timers/promises';
export class VirtualTime {
    #nowMs = 1_000;
    #order = 0;
    #timers = [];
    wallMs() {
        return 1_795_000_000_000 + this.#nowMs;
    }
    monotonicMs() {
        return this.#nowMs;
    }
    after(delayMs, callback) {
        const timer = { atMs: this.#nowMs + delayMs, order: this.#order++, fire: callback };
        this.#timers.push(timer);
        return {
            cancel: () => {
                this.#timers = this.#timers.filter((other) => other !== timer);
            },
        };
    }
    soon(callback) {
        this.after(0, callback);
    }
    get timerCount() {
        return this.#timers.length;
    }
    /** Lets everything happen that is due within so much time. */
    async pass(durationMs) {
        const endMs = this.#nowMs + durationMs;
        for (;;) {
            await turn();
            const next = this.#nextBefore(endMs);
            if (next === undefined)
                break;
            this.#timers = this.#timers.filter((timer) => timer !== next);
            this.#nowMs = Math.max(this.#nowMs, next.atMs);
            next.fire();
        }
        this.#nowMs = endMs;
    }
    #nextBefore(endMs) {
        return this.#timers
            .filter((timer) => timer.atMs <= endMs)
            .sort((left, right) => left.atMs - right.atMs || left.order - right.order)[0];
    }
}
/** Small multiplicative generator: the same numbers in every run. */
export function seededRandom(seed = 1) {
    let state = seed;
    const step = () => {
        state = (state * 48_271) % 2_147_483_647;
        return state;
    };
    return {
        below: (limit) => step() % limit,
        bytes: (count) => Uint8Array.from({ length: count }, () => step() % 256),
    };
}
//# sourceMappingURL=virtual-time.js.map