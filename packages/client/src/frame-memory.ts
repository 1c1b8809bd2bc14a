/**
 * Memory for large frames, used again: half a MiB that is fresh from the host costs more than filling it, and makes the
 * garbage collector run for the sake of a few buffers.
 *
 * Invariant: memory is given back only by who knows that nobody reads it any more; what is never given back is left to
 * the garbage collector.
 */
import { BYTES_IN_FLIGHT_MAX, FRAME_BYTES_MAX } from './limits.ts';

/** Smaller frames get memory of their own. */
const BYTES_MIN = 64 * 1024;
/** As much as may be in flight. */
const KEPT_MAX = BYTES_IN_FLIGHT_MAX / FRAME_BYTES_MAX;

export class FrameMemory {
  readonly #free: ArrayBufferLike[] = [];
  /** What may be given back: nobody else's memory, and nothing twice. */
  readonly #lent = new WeakSet<ArrayBufferLike>();

  /** Not zeroed: whoever takes it writes every byte. */
  take(length: number): Uint8Array {
    if (length < BYTES_MIN || length > FRAME_BYTES_MAX) return unwritten(length);
    const buffer = this.#free.pop() ?? unwritten(FRAME_BYTES_MAX).buffer;
    this.#lent.add(buffer);
    return new Uint8Array(buffer, 0, length);
  }

  /** Bytes that are not from here stay untouched. */
  giveBack({ buffer }: Uint8Array): void {
    if (this.#lent.delete(buffer) && this.#free.length < KEPT_MAX) this.#free.push(buffer);
  }
}

function unwritten(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}
