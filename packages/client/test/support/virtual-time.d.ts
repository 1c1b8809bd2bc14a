import type { Cancellable } from '@cairn/transport';
import type { Clock, Random } from '../../src/ports.ts';
export declare class VirtualTime implements Clock {
    #private;
    wallMs(): number;
    monotonicMs(): number;
    after(delayMs: number, callback: () => void): Cancellable;
    soon(callback: () => void): void;
    get timerCount(): number;
    /** Lets everything happen that is due within so much time. */
    pass(durationMs: number): Promise<void>;
}
/** Small multiplicative generator: the same numbers in every run. */
export declare function seededRandom(seed?: number): Random;
//# sourceMappingURL=virtual-time.d.ts.map