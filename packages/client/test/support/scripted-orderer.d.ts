import { type Bus, type BusMessage, type ErrorCode, type MemoryBroker, type MemoryBus, type Receipt, type Refusal, type Subscription } from '@cairn/transport';
import { type Client } from '../../src/index.ts';
import { type SampleChannel } from './sample-channel.ts';
import { VirtualTime } from './virtual-time.ts';
export declare const CHANNEL_ID: string;
export interface HeardFrame {
    readonly ids: readonly string[];
    readonly message: BusMessage;
    readonly atMs: number;
}
/** What the script answers to a frame: lines, one refusal for all, or nothing. */
export type FrameScript = (frame: HeardFrame, frameIndex: number) => Reply;
export type Reply = readonly object[] | {
    readonly all: Refusal;
} | {
    readonly raw: string;
} | 'silence';
export interface Stage {
    readonly time: VirtualTime;
    readonly broker: MemoryBroker;
    readonly clientBus: MemoryBus;
    readonly ordererBus: MemoryBus;
    readonly client: Client;
}
export declare function stage(): Stage;
/** Serves `batch` by the script; the frames heard are kept. */
export declare function serveBatch({ ordererBus, time }: Stage, script: FrameScript): HeardFrame[] & {
    subscription?: Subscription;
};
export declare function serveInfo({ ordererBus }: Stage, channel?: SampleChannel): Subscription;
export declare function infoReply(channel?: SampleChannel): object;
export declare function publishRefusal(bus: Bus, subject: string, answer: Refusal): void;
/** Throws if the frame is not in canonical form: the decoder is the ledger's own. */
export declare function idsOfFrame(frame: Uint8Array): string[];
export declare function receiptOf(id: string, fields?: Partial<Receipt>): Receipt;
export declare function refusalOf(code: ErrorCode, retryAfterMs?: number): Refusal;
/** Serves `fetch` from the sample channel's blocks, after `tamper` has had its way with the bytes. */
export declare function serveFetch({ ordererBus }: Stage, channel: SampleChannel, tamper?: (bytes: Uint8Array, wanted: string) => Uint8Array): {
    readonly asked: string[];
};
//# sourceMappingURL=scripted-orderer.d.ts.map