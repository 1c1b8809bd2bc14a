/**
 * The sending side of `deliver`, played from a script: it keeps to the window and to acknowledgements, and goes wrong
 * where the test says so.
 */
import { type Block } from '@cairn/ledger';
import { type Refusal } from '@cairn/transport';
import { type SampleChannel } from './sample-channel.ts';
import { type Stage } from './scripted-orderer.ts';
export interface SentBlock {
    readonly number: number;
    readonly bytes: Uint8Array;
}
export type Fate = 'send' | 'lose' | 'repeat'
/** Says nothing from here on, not even heartbeats. */
 | 'freeze' | 'end' | {
    readonly refuse: Refusal;
};
export interface DeliverScript {
    /** What happens to block `number` in the stream opened as number `stream`, counted from 0. */
    readonly fate?: (number: number, stream: number) => Fate;
    readonly tamper?: (block: Block) => Uint8Array;
}
export interface DeliverLog {
    readonly starts: number[];
    unacknowledgedMax: number;
    /** Sends what has been added to the channel since. */
    announce(): void;
}
export declare function serveDeliver(world: Stage, channel: SampleChannel, { fate, tamper }?: DeliverScript): DeliverLog;
//# sourceMappingURL=scripted-deliver.d.ts.map