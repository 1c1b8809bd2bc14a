/**
 * Waiters on ids that stand in the tail without a proposal of this leader: duplicates, and its own from a lost leadership.
 *
 * Invariants: whoever is here is open and knows where its transaction was proposed; it leaves when a block with its id
 * commits, when its entry is replaced, or when its deadline passes.
 */
import { type Block, idsOf } from '@cairn/ledger';
import type { Index, Term } from '@cairn/raft';
import type { Waiter } from './submit-request.ts';

/** Where a transaction stands in the chain. */
export interface Place {
  readonly block: number;
  readonly index: number;
  /** Hex. */
  readonly blockHash: string;
}

export class HeldWaiters {
  readonly #byId = new Map<string, Waiter[]>();

  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  hold(waiter: Waiter, at: { readonly index: Index; readonly term: Term }): void {
    waiter.proposedAt = at;
    const others = this.#byId.get(waiter.id);
    if (others === undefined) this.#byId.set(waiter.id, [waiter]);
    else others.push(waiter);
  }

  /** Lets go of those whose ids stand in this block. */
  takeIn({ body }: Block): { readonly index: number; readonly waiter: Waiter }[] {
    const taken: { readonly index: number; readonly waiter: Waiter }[] = [];
    for (const [index, id] of idsOf(body).entries()) {
      const waiters = this.#byId.get(id);
      if (waiters === undefined) continue;
      this.#byId.delete(id);
      for (const waiter of waiters) taken.push({ index, waiter });
    }
    return taken;
  }

  /** Those that waited for an entry in whose place another one has committed. They stay until `forgetOthers`. */
  replacedBy(index: Index, term: Term): Waiter[] {
    return [...this.#byId.values()]
      .flat()
      .filter(({ proposedAt }) => proposedAt?.index === index && proposedAt.term !== term);
  }

  /** Keeps only who is open and waits for an entry. */
  forgetOthers(): void {
    for (const [id, waiters] of this.#byId) {
      const kept = waiters.filter(({ open, proposedAt }) => open && proposedAt !== null);
      if (kept.length === 0) this.#byId.delete(id);
      else this.#byId.set(id, kept);
    }
  }

  clear(): void {
    this.#byId.clear();
  }
}
