/**
 * A process with a mutant in it, seen from outside: asked one thing at a time, ended if it does not come back.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checkout, isBuilt } from '../../docs/checkout.ts';
import type { Found, Hunt } from './hunter.ts';
import type { Mutant } from './mutant.ts';

/** What is hunted is the built code, whether this file is run from its source or built. */
const folder = isBuilt
  ? import.meta.url
  : new URL('test/dist/simulation/mutants/', pathToFileURL(checkout));
const hunter = fileURLToPath(new URL('./hunter.js', folder));
const register = new URL('./register.js', folder).href;
/** A run takes a second or two: who needs this long turns in circles. */
const PATIENCE_MS = 180_000;

export class Hound {
  readonly #mutant: Mutant;
  #child: ChildProcess | null = null;

  constructor(mutant: Mutant) {
    this.#mutant = mutant;
  }

  ask(order: Hunt): Promise<Found | null> {
    this.#child ??= this.#start();
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (then: () => void) => {
        clearTimeout(timer);
        child.removeAllListeners('message');
        child.removeAllListeners('exit');
        then();
      };
      const timer = setTimeout(() => {
        this.end();
        settle(() => resolve({ by: 'hang', sentence: 'the run never ended' }));
      }, PATIENCE_MS);
      child.once('message', ({ found }: { found: Found | null }) => settle(() => resolve(found)));
      child.once('exit', (code) => {
        this.#child = null;
        settle(() => reject(new Error(`${this.#mutant.name}: its process ended with ${code}`)));
      });
      child.send(order);
    });
  }

  #start(): ChildProcess {
    const execArgv = ['--max-semi-space-size=32', '--import', register];
    return fork(hunter, [this.#mutant.name, 'hunt'], { execArgv });
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}
