/** Metrics of one orderer process. */
import type { Bus } from '@cairn/transport';
import type { Orderer } from './orderer.ts';
import {
  type ChannelObserver,
  type ReasonCounts,
  type StoreObserver,
  silentChannelObserver,
  silentStoreObserver,
} from './telemetry.ts';

export class Metrics {
  readonly busDropped: ReasonCounts = new Map();
  readonly storeObserver: StoreObserver = silentStoreObserver;

  channelObserver(_channel: string): ChannelObserver {
    return silentChannelObserver;
  }

  watch(_orderer: Orderer, _bus: Bus): void {}
}
