/**
 * What an orderer shows (I-17, promises 3 and 6).
 *
 * There is no read index: readers ask for blocks by number. So a read is honest if the block is committed at the moment it
 * is shown, and stays; and if the orderer that shows it has the commit index on its disk that covers it, so that it can show
 * it again after a crash.
 */
import { describeEntry } from './log-tree.ts';
import type { Judge, Model } from './model.ts';
import type { ServedBlock, Verdict } from './observer.ts';

export function reads(model: Model, verdict: Verdict): Judge {
  return {
    served: ({ node, channel: name, number, hash }: ServedBlock) => {
      const channel = model.channel(name);
      const entry = channel.committedBlocks[number];
      const text = `${node} shows block ${number} of ${name}`;
      if (entry === undefined) {
        const blocks = channel.committedBlocks.length;
        verdict.fail('I-17', `${text}, and only ${blocks} blocks are committed`);
        return;
      }
      if (model.watched.hashOf(entry.block!) !== hash) {
        verdict.fail('I-17', `${text} with hash ${hash}, and ${describeEntry(entry)} is committed`);
        return;
      }
      const { durable, hasForgotten } = channel.replica(node);
      if (hasForgotten || durable.hard.commit >= entry.index) return;
      const disk = `its disk knows of commit ${durable.hard.commit} only`;
      verdict.fail('I-17', `${text}, which is log index ${entry.index}, and ${disk}`);
    },
  };
}
