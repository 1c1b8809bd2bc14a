/**
 * Snapshots (I-18): there are none yet, and this holds it to that.
 *
 * The log is the ledger and is not compacted; members that are far behind are fed from it. So nobody sends a snapshot, a log
 * begins at index 2 behind block 0, and no write moves that. On the day one is sent, this fails, and the rule belongs here:
 * index, term and configuration are those of the committed chain, above the receiver's commit, in one durable step.
 */
import type { Judge, Model } from './model.ts';
import type { Verdict } from './observer.ts';

const GENESIS_INDEX = 1;

export function snapshots(_model: Model, verdict: Verdict): Judge {
  return {
    messageSent: ({ from, to, channel, message }) => {
      if (message.type !== 'snapshot') return;
      const text = `${from} sends ${to} a snapshot of ${channel} at ${message.snapshot.index}`;
      verdict.fail('I-18', `${text}: no orderer sends one`);
    },
    wrote: ({ replica, record: { first, snapshot } }) => {
      if (first === GENESIS_INDEX + 1 && snapshot.index === GENESIS_INDEX) return;
      const text = `${replica.node} writes that its log of ${replica.channel} begins at ${first}`;
      verdict.fail('I-18', `${text}, behind a snapshot at ${snapshot.index}: logs are whole`);
    },
  };
}
