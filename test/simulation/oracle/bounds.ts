/**
 * Nothing grows without bound (I-19), in any state, no quorum included.
 *
 * Looked at: what one node sends in a second, and, whenever a leader's state changes, what it has on its way to each member
 * and what waits in its queue. The limits are those that the orderer was given; for the rate, four times what a leader was
 * ever seen to need: hundreds of small blocks after an outage, each to four followers.
 */
import type { Judge, Model } from './model.ts';
import type { ChannelView, NodeName, SentMessage, Verdict } from './observer.ts';

export const MESSAGES_A_SECOND_MAX = 20_000;
/** As the orderer configures its Raft core. */
export const INFLIGHT_APPENDS_MAX = 64;
export const APPEND_BYTES_MAX = 512 * 1024;
const CHANGES_BETWEEN_LOOKS = 8;

export function bounds(model: Model, verdict: Verdict): Judge {
  return new Bounds(model, verdict);
}

class Bounds implements Judge {
  readonly #model: Model;
  readonly #verdict: Verdict;
  readonly #sent = new Map<NodeName, number>();
  #second = 0;
  #changes = 0;

  constructor(model: Model, verdict: Verdict) {
    this.#model = model;
    this.#verdict = verdict;
  }

  messageSent({ from, sentAtMs, channel, message }: SentMessage): void {
    const second = Math.floor(sentAtMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#sent.clear();
    }
    const count = (this.#sent.get(from) ?? 0) + 1;
    this.#sent.set(from, count);
    if (count > MESSAGES_A_SECOND_MAX) {
      const text = `${from} has sent ${count} messages in second ${second}`;
      this.#verdict.fail('I-19', `${text}: at most ${MESSAGES_A_SECOND_MAX}`);
    }
    if (message.type !== 'append' || message.entries.length < 2) return;
    const bytes = message.entries.reduce((sum, { data }) => sum + data.length, 0);
    if (bytes <= APPEND_BYTES_MAX) return;
    const text = `${from} sends ${bytes} bytes of entries of ${channel} in one append`;
    this.#verdict.fail('I-19', `${text}: at most ${APPEND_BYTES_MAX}, or one entry`);
  }

  channelChanged(node: NodeName, channel: string, { role }: ChannelView): void {
    if (role !== 'leader' || ++this.#changes % CHANGES_BETWEEN_LOOKS !== 0) return;
    const { watched } = this.#model;
    const status = watched.statusOf(node, channel);
    for (const { id, inflight } of status?.progress ?? []) {
      if (inflight <= INFLIGHT_APPENDS_MAX) continue;
      const text = `${node} has ${inflight} appends on their way to member ${id} of ${channel}`;
      this.#verdict.fail('I-19', `${text}: at most ${INFLIGHT_APPENDS_MAX}`);
    }
    const load = watched.loadOf(node, channel);
    if (load === undefined) return;
    const { queued, queuedMax, queuedBytes, queuedBytesMax } = load;
    if (queued <= queuedMax && queuedBytes <= queuedBytesMax) return;
    const text = `${queued} transactions of ${queuedBytes} bytes wait on ${node} for ${channel}`;
    this.#verdict.fail('I-19', `${text}: at most ${queuedMax}, ${queuedBytesMax} bytes`);
  }
}
