/**
 * What may still be destroyed: never more than any protocol could recover from, so that every failure of a run is a bug.
 *
 * A directory that was damaged, rolled back or emptied has lost its word; fewer than half of the voters of any configuration
 * may have. While members change, at least three voters stay, so one such directory is the most. A disk that lies counts
 * from its first lie on, and no more once all it said has come true. How a directory that has gone back unnoticed may run
 * again is a matter of its own, see `quarantine.ts`.
 */
import type { NodeName } from './oracle/observer.ts';

export class Atlas {
  readonly #damagedMax: number;
  readonly #damaged = new Set<NodeName>();

  constructor(orderers: number, doMembersChange: boolean) {
    const votersMin = doMembersChange ? Math.min(3, orderers) : orderers;
    this.#damagedMax = Math.floor((votersMin - 1) / 2);
  }

  isDamaged(node: NodeName): boolean {
    return this.#damaged.has(node);
  }

  /** Nothing has been lost after all. */
  gives(node: NodeName): void {
    this.#damaged.delete(node);
  }

  /** True if the node's directory may be destroyed: from now on it counts as such. */
  takes(node: NodeName): boolean {
    if (!this.#damaged.has(node) && this.#damaged.size >= this.#damagedMax) return false;
    this.#damaged.add(node);
    return true;
  }
}
