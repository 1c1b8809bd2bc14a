/**
 * How many frames and bytes of one channel may be without an outcome: fewer when the service cannot keep up.
 *
 * A time-out halves the frames, down to one; answered frames let it grow by one for each windowful, as TCP does
 * (RFC 5681 section 3.1). Frames under way when it shrinks keep their place: no new one begins until they are fewer.
 */
import { BYTES_IN_FLIGHT_MAX, FRAMES_IN_FLIGHT_MAX } from './limits.ts';

export class Window {
  #frames = 0;
  #bytes = 0;
  #framesMax = FRAMES_IN_FLIGHT_MAX;
  #shrunk = 0;

  get isOpen(): boolean {
    return this.#frames < Math.floor(this.#framesMax) && this.#bytes < BYTES_IN_FLIGHT_MAX;
  }

  /** How often it has shrunk: an attempt remembers it from its beginning. */
  get shrunk(): number {
    return this.#shrunk;
  }

  enter(bytes: number): void {
    this.#frames++;
    this.#bytes += bytes;
  }

  leave(bytes: number): void {
    this.#frames--;
    this.#bytes -= bytes;
  }

  answered(): void {
    this.#framesMax = Math.min(FRAMES_IN_FLIGHT_MAX, this.#framesMax + 1 / this.#framesMax);
  }

  /** One overload times out many attempts: those that began before it shrank have nothing new to say. */
  timedOut(shrunkAtBeginning: number): void {
    if (shrunkAtBeginning !== this.#shrunk) return;
    this.#framesMax = Math.max(1, this.#framesMax / 2);
    this.#shrunk++;
  }
}
