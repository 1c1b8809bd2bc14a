/**
 * Which ends of a process or a channel are right: every other one fails the run.
 *
 * A process may end itself on a disk error that was injected; a directory that lost its word may be refused or found
 * damaged; who was removed from all of its channels may be told so. A channel that stops on a sound node has broken a rule
 * of its own.
 */
import type { Atlas } from './atlas.ts';
import type { LifeEvent, NodeName, Observer, Verdict } from './oracle/observer.ts';

export class Expectations implements Partial<Observer> {
  readonly #atlas: Atlas;
  readonly #verdict: Verdict;
  /** Disks that were made to fail and whose process has yet to end. */
  readonly #failed = new Set<NodeName>();
  /** It may have no channel left to be a member of. */
  readonly #mayBeRemoved: (node: NodeName) => boolean;

  constructor(atlas: Atlas, verdict: Verdict, mayBeRemoved: (node: NodeName) => boolean) {
    this.#atlas = atlas;
    this.#verdict = verdict;
    this.#mayBeRemoved = mayBeRemoved;
  }

  diskFailed(node: NodeName): void {
    this.#failed.add(node);
  }

  life(node: NodeName, event: LifeEvent): void {
    if (event.kind === 'channelFailed')
      this.#judge(node, event.code, event.message, 'its channel stopped');
    if (event.kind === 'fatal') this.#judge(node, event.code, event.message, 'it ended itself');
  }

  #judge(node: NodeName, code: string, message: string, what: string): void {
    if (this.#atlas.isDamaged(node)) return;
    if (/^WRITE_/.test(code) && this.#failed.delete(node)) return;
    if (code === 'BAD_CONFIGURATION' && this.#mayBeRemoved(node)) return;
    this.#verdict.fail('I-21', `${node}: ${what} although nothing was wrong: ${code}: ${message}`);
  }
}
