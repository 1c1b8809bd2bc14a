/**
 * The doors `info` and `transaction`: what this orderer knows of the channel and of one id.
 */
import { checkTxId, LedgerError, utf8Decode } from '@cairn/ledger';
import { headerNames, type ServiceRequest } from '@cairn/transport';
import { sentenceOf } from '../answers.ts';
import type { Channel } from '../channel.ts';
import { channelInfo } from '../channel-info.ts';
import { respondJson, respondRefusal } from './replies.ts';

/** With this orderer's time, so that clocks can be compared. */
export function handleInfo(
  channel: Channel,
  payloadBytesMax: () => number,
  nowMs: number,
  request: ServiceRequest,
): void {
  const headers = { [headerNames.timeMs]: String(nowMs) };
  respondJson(request, channel.identity, payloadBytesMax(), channelInfo(channel), headers);
}

export function handleTransaction(
  channel: Channel,
  payloadBytesMax: () => number,
  request: ServiceRequest,
): void {
  const id = checkTxId(utf8Decode(request.payload)?.trim() ?? '');
  if (id instanceof LedgerError) {
    respondRefusal(request, channel.identity, 'BAD_ID', { message: sentenceOf(id.message) });
    return;
  }
  respondJson(request, channel.identity, payloadBytesMax(), channel.reader.transaction(id));
}
