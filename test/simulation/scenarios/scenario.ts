/**
 * A known bug as a script: a fixed beginning, and what must happen.
 */
import type { ClusterOptions } from '../cluster.ts';
import type { Stage } from './stage.ts';

export interface Scenario {
  /** Its bug, and a word more where one bug has several scripts. */
  readonly key: string;
  /** What holds, in a sentence. */
  readonly name: string;
  readonly bugs: readonly string[];
  readonly options?: Partial<ClusterOptions>;
  readonly play: (stage: Stage) => void;
}
