/** A real channel in small: keys, block 0, and as many properly signed blocks as a test asks for. */
import { type Block, type ChannelConfig, type Signer } from '@cairn/ledger';
export declare const CHANNEL = "demo";
export interface SampleChannel {
    readonly blocks: Block[];
    readonly channelId: string;
    readonly signers: readonly Signer[];
    config: ChannelConfig;
    /** Adds a data block with these payloads, signed by member 1 unless told. */
    addData(payloads: readonly string[], signer?: Signer): Block;
    /** Adds a config block with another batch time-out. */
    addConfig(timeoutMs: number, signer?: Signer): Block;
}
export declare function signerOf(fill: number): Signer;
export declare function sampleChannel(name?: string, createdMs?: number): SampleChannel;
//# sourceMappingURL=sample-channel.d.ts.map