/**
 * What the links have sent, heard and dropped since the process started, as the metrics show it.
 *
 * Counted for every frame, so that no text is made and no table searched: the sum of a kind and a direction has a place of
 * its own.
 */
import type { Message } from '@cairn/raft';
import { countReason, type ReasonCounts } from './telemetry.ts';

export type FrameKind = Message['type'] | 'notice' | 'trace';
export type FrameDirection = 'in' | 'out';

/** Frames of one kind and direction. */
interface FrameSum {
  frames: number;
  bytes: number;
}

export interface TrafficCount extends Readonly<FrameSum> {
  readonly kind: FrameKind;
  readonly direction: FrameDirection;
}

export class Traffic {
  readonly dropped: ReasonCounts = new Map();
  readonly #sums = { in: newSums(), out: newSums() } as const;

  count(kind: FrameKind, direction: FrameDirection, bytes: number): void {
    const sum = this.#sums[direction][kind];
    sum.frames += 1;
    sum.bytes += bytes;
  }

  drop(reason: string, frames = 1): void {
    countReason(this.dropped, reason, frames);
  }

  /** Of all kinds and directions that there was at least one frame of. */
  get counts(): readonly TrafficCount[] {
    return (['in', 'out'] as const).flatMap((direction) => this.#countsOf(direction));
  }

  #countsOf(direction: FrameDirection): readonly TrafficCount[] {
    const sums = Object.entries(this.#sums[direction]) as [FrameKind, FrameSum][];
    return sums
      .filter(([, { frames }]) => frames > 0)
      .map(([kind, { frames, bytes }]) => ({ kind, direction, frames, bytes }));
  }
}

function newSums(): Readonly<Record<FrameKind, FrameSum>> {
  const none = (): FrameSum => ({ frames: 0, bytes: 0 });
  return {
    vote: none(),
    voteResponse: none(),
    append: none(),
    appendResponse: none(),
    heartbeat: none(),
    heartbeatResponse: none(),
    snapshot: none(),
    timeoutNow: none(),
    notice: none(),
    trace: none(),
  };
}
