/**
 * What may still be destroyed: never more than any protocol could recover from, so that every failure of a run is a bug.
 *
 * A directory that was damaged, rolled back or emptied has lost its word; fewer than half of the voters of any configuration
 * may have. While members change, at least three voters stay, so one such directory is the most.
 */
import type { NodeName } from './oracle/observer.ts';
import type { Profile } from './profile.ts';

export class Atlas {
  readonly #damagedMax: number;
  readonly #damaged = new Set<NodeName>();

  constructor({ orderers, families }: Pick<Profile, 'orderers' | 'families'>) {
    const votersMin = families.has('members') ? Math.min(3, orderers) : orderers;
    this.#damagedMax = Math.floor((votersMin - 1) / 2);
  }

  isDamaged(node: NodeName): boolean {
    return this.#damaged.has(node);
  }

  /** True if the node's directory may be destroyed: from now on it counts as such. */
  takes(node: NodeName): boolean {
    if (!this.#damaged.has(node) && this.#damaged.size >= this.#damagedMax) return false;
    this.#damaged.add(node);
    return true;
  }
}
