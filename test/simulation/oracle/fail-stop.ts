/**
 * After an error, silence (I-21).
 *
 * Once a disk has failed a write, its process sends nothing more in that life and nothing more of it becomes durable. Once a
 * channel has failed on a node, the node says nothing of it and writes nothing for it until it is started again. Whether an
 * end was right, given what was done to the machine, the run itself expects or not.
 */
import type { Judge, Model } from './model.ts';
import type { LifeEvent, NodeName, SentMessage, Verdict } from './observer.ts';

export function failStop(_model: Model, verdict: Verdict): Judge {
  return new FailStop(verdict);
}

class FailStop implements Judge {
  readonly #verdict: Verdict;
  /** What must be silent, and why: nodes, and channels of nodes. */
  readonly #silent = new Map<string, string>();

  constructor(verdict: Verdict) {
    this.#verdict = verdict;
  }

  diskFailed(node: NodeName, kind: string): void {
    this.#silent.set(node, `its disk failed (${kind})`);
  }

  life(node: NodeName, event: LifeEvent): void {
    switch (event.kind) {
      case 'started':
        for (const key of this.#silent.keys()) {
          if (key === node || key.startsWith(`${node} `)) this.#silent.delete(key);
        }
        break;
      case 'channelFailed':
        this.#silent.set(`${node} ${event.channel}`, `the channel failed there: ${event.code}`);
        break;
      case 'fatal':
        this.#silent.set(node, `it ended itself: ${event.code}`);
        break;
      default:
        break;
    }
  }

  messageSent({ from, channel, message }: SentMessage): void {
    if (this.#silent.size === 0) return;
    const why = this.#silent.get(from) ?? this.#silent.get(`${from} ${channel}`);
    if (why === undefined) return;
    this.#verdict.fail('I-21', `${from} sends a ${message.type} of ${channel} after ${why}`);
  }

  wrote: NonNullable<Judge['wrote']> = ({ replica: { node, channel }, write }) => {
    if (this.#silent.size === 0 || write.entries.length === 0) return;
    const why = this.#silent.get(`${node} ${channel}`);
    if (why === undefined) return;
    this.#verdict.fail('I-21', `${node} writes entries of ${channel} after ${why}`);
  };

  diskDurable(node: NodeName): void {
    const why = this.#silent.get(node);
    if (why === undefined) return;
    this.#verdict.fail('I-21', `something of ${node} became durable after ${why}`);
  }
}
