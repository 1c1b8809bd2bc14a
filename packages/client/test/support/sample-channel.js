/** A real channel in small: keys, block 0, and as many properly signed blocks as a test asks for. */
import { buildBlock, configBlockPart, encodeBodyTransaction, encodeKey, genesisBlock, initialConfig, nobleCrypto, parseBlockNumber, parseChannelName, parseOrdererName, parseTxId, toHex, utf8, } from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';
export const CHANNEL = 'demo';
export function signerOf(fill) {
    return nodeCrypto.createSigner(new Uint8Array(32).fill(fill));
}
export function sampleChannel(name = CHANNEL, createdMs = 1_795_000_000_000) {
    const signers = [1, 2, 3].map(signerOf);
    const genesisConfig = initialConfig({
        channel: parseChannelName(name),
        createdMs,
        members: signers.map((signer, i) => ({
            name: parseOrdererName(`orderer${i + 1}`),
            key: encodeKey(signer.publicKey),
            role: 'voter',
        })),
    });
    const genesis = genesisBlock(genesisConfig, nobleCrypto);
    const channel = {
        blocks: [genesis],
        channelId: toHex(genesis.hash),
        signers,
        config: genesisConfig,
        addData(payloads, signer = signers[0]) {
            const number = channel.blocks.length;
            const parts = payloads.map((payload, i) => encodeBodyTransaction({ id: parseTxId(`tx-${number}-${i}`), payload: utf8(payload) }));
            return add(channel, 'data', parts, signer);
        },
        addConfig(timeoutMs, signer = signers[0]) {
            const config = { ...channel.config, batch: { ...channel.config.batch, timeoutMs } };
            const number = parseBlockNumber(channel.blocks.length);
            const block = add(channel, 'config', [configBlockPart(number, config)], signer);
            channel.config = config;
            return block;
        },
    };
    return channel;
}
function add(channel, kind, parts, signer) {
    const previous = channel.blocks.at(-1);
    const number = parseBlockNumber(channel.blocks.length);
    const block = buildBlock({
        crypto: nodeCrypto,
        signer,
        header: {
            kind,
            channelId: channel.blocks[0].hash,
            number,
            previousHash: previous.hash,
            timestampMs: previous.header.timestampMs + 1,
            term: 2,
            proposer: channel.signers.indexOf(signer) + 1,
            configNumber: kind === 'config' ? number : previous.header.configNumber,
        },
        parts,
    });
    channel.blocks.push(block);
    return block;
}
//# sourceMappingURL=sample-channel.js.map