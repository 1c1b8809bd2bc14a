/**
 * Where a directory comes back that has quietly gone back to an older state: to the leader, and to nobody else.
 *
 * Such a voter breaks its word without knowing of it: what it acknowledged, and for whom it voted, is gone. Raft counts on
 * that word, so with one such voter among three no protocol is safe; the one who can tell is the leader that it once
 * acknowledged more to, and that one tells it to end. So it runs only while somebody leads every channel in the newest
 * term there ever was, hears that one alone, and waits otherwise.
 */
import type { Cluster } from './cluster.ts';
import type { ChannelView, NodeName } from './oracle/observer.ts';

export class Quarantine {
  readonly #cluster: Cluster;
  /** Who has lost its word, and whom it hears while it runs. */
  readonly #tellers = new Map<NodeName, NodeName | null>();
  readonly #newestTerms = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  add(name: NodeName): void {
    this.#tellers.set(name, null);
  }

  has(name: NodeName): boolean {
    return this.#tellers.has(name);
  }

  sawTerm(channel: string, { term }: ChannelView): void {
    if (term > (this.#newestTerms.get(channel) ?? 0)) this.#newestTerms.set(channel, term);
  }

  /** Lets it come back, if there is whom to come back to. */
  admits(name: NodeName): boolean {
    const teller = this.#cluster.nodes.find((node) => node.name !== name && this.#leads(node.name));
    if (teller === undefined) return false;
    this.#tellers.set(name, teller.name);
    for (const other of this.#cluster.nodes) {
      if (other.name === name) continue;
      const isCut = other !== teller;
      this.#cluster.network.setCut(name, other.name, isCut);
      this.#cluster.network.setCut(other.name, name, isCut);
    }
    return true;
  }

  /** What one of the two says never reaches the other. */
  keepsApart(one: NodeName, other: NodeName): boolean {
    return this.#isKeptFrom(one, other) || this.#isKeptFrom(other, one);
  }

  #isKeptFrom(name: NodeName, other: NodeName): boolean {
    return this.#tellers.has(name) && this.#tellers.get(name) !== other;
  }

  /** Those that run although whom they hear leads no more: they must end. */
  get abandoned(): NodeName[] {
    if (this.#tellers.size === 0) return [];
    return [...this.#tellers]
      .filter(
        ([name, teller]) =>
          teller !== null && this.#cluster.node(name).isAlive && !this.#leads(teller),
      )
      .map(([name]) => name);
  }

  #leads(name: NodeName): boolean {
    const node = this.#cluster.node(name);
    return this.#cluster.channels.every((channel) => {
      const view = node.view(channel);
      return view?.role === 'leader' && view.term === this.#newestTerms.get(channel);
    });
  }
}
