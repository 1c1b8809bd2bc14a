/**
 * The other side of the bus, played from a script: what a test wants an orderer to say, in which order and when.
 * Not an orderer: it orders nothing and keeps nothing. Real ones are the matter of the cluster tests.
 */
import { idAt, readU32, scanBody, utf8, utf8Decode } from '@cairn/ledger';
import { createMemoryBroker, errorRow, headerNames, nodeCrypto, refusal, subjectsOf, } from '@cairn/transport';
import { createClient } from '../../src/index.js';
import { CHANNEL } from './sample-channel.js';
import { seededRandom, VirtualTime } from './virtual-time.js';
export const CHANNEL_ID = 'a'.repeat(64);
export function stage() {
    const time = new VirtualTime();
    const broker = createMemoryBroker({
        setTimer: (delayMs, fire) => time.after(delayMs, fire),
        nowMs: () => time.monotonicMs(),
    });
    const clientBus = broker.connect({ name: 'client' });
    const ordererBus = broker.connect({ name: 'orderer1' });
    const client = createClient(clientBus, {
        clock: time,
        random: seededRandom(),
        crypto: nodeCrypto,
    });
    return { time, broker, clientBus, ordererBus, client };
}
/** Serves `batch` by the script; the frames heard are kept. */
export function serveBatch({ ordererBus, time }, script) {
    const heard = [];
    heard.subscription = ordererBus.subscribe(subjectsOf().batch(CHANNEL), (message) => {
        const frame = { ids: idsOfFrame(message.payload), message, atMs: time.monotonicMs() };
        heard.push(frame);
        answer(ordererBus, message, script(frame, heard.length - 1));
    });
    return heard;
}
export function serveInfo({ ordererBus }, channel) {
    return ordererBus.subscribe(subjectsOf().info(CHANNEL), (message) => {
        ordererBus.publish(message.reply, utf8(JSON.stringify(infoReply(channel))));
    });
}
export function infoReply(channel) {
    return {
        status: 200,
        channel: CHANNEL,
        channelId: channel?.channelId ?? CHANNEL_ID,
        height: channel?.blocks.length ?? 1,
        newestHash: 'b'.repeat(64),
        leader: null,
        term: 2,
        configNumber: 0,
        members: [{ id: 1, name: 'orderer1', role: 'voter', active: true, height: 1 }],
    };
}
function answer(bus, message, reply) {
    if (reply === 'silence' || message.reply === null)
        return;
    if ('raw' in reply)
        bus.publish(message.reply, utf8(reply.raw));
    else if ('all' in reply)
        publishRefusal(bus, message.reply, reply.all);
    else
        bus.publish(message.reply, utf8(reply.map((line) => JSON.stringify(line)).join('\n')));
}
export function publishRefusal(bus, subject, answer) {
    bus.publish(subject, utf8(JSON.stringify(answer)), {
        headers: {
            [headerNames.errorCode]: String(answer.status),
            [headerNames.error]: answer.error.message,
        },
    });
}
/** Throws if the frame is not in canonical form: the decoder is the ledger's own. */
export function idsOfFrame(frame) {
    if (frame[0] !== 1)
        throw new Error('a batch frame begins with 0x01');
    const count = readU32(frame, 1);
    const body = scanBody(frame, 5, frame.length, count);
    if ('code' in body)
        throw body;
    return Array.from({ length: count }, (_, index) => idAt(body, index));
}
export function receiptOf(id, fields = {}) {
    return {
        status: 200,
        channel: CHANNEL,
        channelId: CHANNEL_ID,
        id,
        block: 1,
        index: 0,
        blockHash: 'c'.repeat(64),
        duplicate: false,
        ...fields,
    };
}
export function refusalOf(code, retryAfterMs) {
    const details = { channel: CHANNEL, channelId: CHANNEL_ID, message: errorRow(code).meaning };
    return refusal(code, { ...details, retryAfterMs });
}
/** Serves `fetch` from the sample channel's blocks, after `tamper` has had its way with the bytes. */
export function serveFetch({ ordererBus }, channel, tamper = (bytes) => bytes) {
    const asked = [];
    ordererBus.subscribe(subjectsOf().fetch(CHANNEL), (message) => {
        const wanted = utf8Decode(message.payload) ?? '';
        asked.push(wanted);
        const block = blockNamed(channel, wanted);
        if (block === undefined) {
            publishRefusal(ordererBus, message.reply, refusalOf('BLOCK_NOT_FOUND'));
            return;
        }
        ordererBus.publish(message.reply, tamper(new Uint8Array(block.bytes), wanted), {
            headers: { [headerNames.contentType]: 'application/octet-stream' },
        });
    });
    return { asked };
}
function blockNamed({ blocks }, wanted) {
    if (wanted === 'oldest')
        return blocks[0];
    if (wanted === 'newest')
        return blocks.at(-1);
    if (wanted === 'config')
        return blocks.findLast((block) => block.header.kind === 'config');
    return blocks[Number(wanted)];
}
//# sourceMappingURL=scripted-orderer.js.map