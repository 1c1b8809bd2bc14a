/**
 * What the routes of the HTTP door share.
 */
import type { Log } from '../telemetry.ts';
import type { BlockStream } from './block-stream.ts';
import type { Relay } from './relay.ts';

export interface DoorContext {
  readonly relay: Relay;
  readonly natsServers: readonly string[];
  /** Names of the channels of this orderer: known without asking. */
  readonly channelNames: () => readonly string[];
  /** Event streams that are open now. */
  readonly streams: Set<BlockStream>;
  readonly streamsMax: number;
  readonly log: Log;
}
