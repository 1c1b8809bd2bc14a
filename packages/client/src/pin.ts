/**
 * The identity of a channel as this client knows it: the hash of block 0, in hex.
 *
 * Given by the application, or taken from the first answer. From then on it never changes: an answer with another
 * channel id comes from another ledger of the same name and is refused.
 */
import { type CairnError, cairnError } from '@cairn/transport';

const CHANNEL_ID = /^[0-9a-f]{64}$/;

export class ChannelPin {
  readonly #channel: string;
  #channelId: string | null;
  #served = false;

  constructor(channel: string, channelId: string | null) {
    if (channelId !== null && !CHANNEL_ID.test(channelId)) {
      throw cairnError('MALFORMED_REQUEST', {
        channel,
        message: 'A channel id is 64 lower-case hexadecimal characters: the hash of block 0.',
      });
    }
    this.#channel = channel;
    this.#channelId = channelId;
  }

  /** Null until the first answer. */
  get channelId(): string | null {
    return this.#channelId;
  }

  /** Some orderer has answered for this very channel: that nobody answers now is a bad moment, not a wrong name. */
  get served(): boolean {
    return this.#served;
  }

  /** True if the answer comes from the pinned channel; the first answer pins. */
  accepts(channelId: unknown): boolean {
    const accepted =
      this.#channelId === null ? this.#pin(channelId) : channelId === this.#channelId;
    if (accepted) this.#served = true;
    return accepted;
  }

  #pin(channelId: unknown): boolean {
    if (typeof channelId !== 'string' || !CHANNEL_ID.test(channelId)) return false;
    this.#channelId = channelId;
    return true;
  }

  mismatch(channelId: unknown): CairnError {
    return cairnError('CHANNEL_MISMATCH', {
      channel: this.#channel,
      message:
        `The answer is from a channel with id ${String(channelId)}, but ${this.#channel} is pinned to ` +
        `${this.#channelId}. Check the server and the channel id or genesis block you gave.`,
    });
  }
}
