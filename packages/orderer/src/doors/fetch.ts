/**
 * The door `fetch`: one block by number or by name, as JSON or as canonical bytes.
 */
import { utf8Decode } from '@cairn/ledger';
import { contentTypes, headerNames, type ServiceRequest } from '@cairn/transport';
import type { Channel } from '../channel.ts';
import { respondBytes, respondJson, respondRefusal } from './replies.ts';
import { waitMsOf } from './request-options.ts';

const NUMBER_PATTERN = /^(0|[1-9][0-9]{0,15})$/;

/** The number a request means, or null if it means none. `newest` and `config` are what is committed on arrival. */
export function blockNumberOf(channel: Channel, text: string): number | null {
  if (text === 'newest') return channel.height - 1;
  if (text === 'oldest') return 0;
  if (text === 'config') return channel.committedConfigNumber;
  if (!NUMBER_PATTERN.test(text)) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}

/** `elsewhere`: why others are to be asked for what is missing here; null: nobody is known to have more. */
export function handleFetch(
  channel: Channel,
  payloadBytesMax: () => number,
  request: ServiceRequest,
  elsewhere: () => string | null = () => null,
): void {
  const text = utf8Decode(request.payload)?.trim() ?? '';
  const number = blockNumberOf(channel, text);
  const waitMs = waitMsOf(request);
  if (number === null) {
    respondRefusal(request, channel.identity, 'BAD_NUMBER');
  } else if (waitMs === null) {
    respondRefusal(request, channel.identity, 'BAD_HEADER', {
      message: `${headerNames.waitMs} is a whole number of milliseconds`,
    });
  } else {
    channel.reader.whenVisible(number, waitMs, (visible) => {
      if (visible) respondBlock(channel, payloadBytesMax(), request, number);
      else refuseMissing(channel, request, elsewhere());
    });
  }
}

function refuseMissing(channel: Channel, request: ServiceRequest, elsewhere: string | null): void {
  const { identity, height } = channel;
  if (elsewhere === null) respondRefusal(request, identity, 'BLOCK_NOT_FOUND', { height });
  else respondRefusal(request, identity, 'STOPPING', { message: elsewhere });
}

function respondBlock(
  channel: Channel,
  payloadBytesMax: number,
  request: ServiceRequest,
  number: number,
): void {
  const wantsBytes = request.header(headerNames.accept) === contentTypes.bytes;
  if (wantsBytes) respondBytes(request, channel.reader.blockBytes(number));
  else respondJson(request, channel.identity, payloadBytesMax, channel.reader.blockJson(number));
}
