/**
 * The sending side of `deliver`, played from a script: it keeps to the window and to acknowledgements, and goes wrong
 * where the test says so.
 */
import { utf8Decode } from '@cairn/ledger';
import { headerNames, subjectsOf } from '@cairn/transport';
import { CHANNEL } from './sample-channel.js';
import { publishRefusal } from './scripted-orderer.js';
const WINDOW = 16;
export function serveDeliver(world, channel, { fate = () => 'send', tamper = ({ bytes }) => bytes } = {}) {
    const { ordererBus, time } = world;
    const announces = [];
    const log = {
        starts: [],
        unacknowledgedMax: 0,
        announce: () => {
            for (const send of announces)
                send();
        },
    };
    ordererBus.subscribe(subjectsOf().deliver(CHANNEL), (message) => {
        const { start, stop } = JSON.parse(utf8Decode(message.payload));
        const stream = log.starts.push(start) - 1;
        const inbox = ordererBus.createInbox();
        let next = start;
        let sequence = 0;
        let acknowledged = 0;
        let open = true;
        const publish = (payload, headers) => {
            sequence++;
            log.unacknowledgedMax = Math.max(log.unacknowledgedMax, sequence - acknowledged);
            ordererBus.publish(message.reply, payload, { reply: `${inbox}.${sequence}`, headers });
        };
        const end = () => {
            open = false;
            ordererBus.publish(message.reply, new Uint8Array(0), {
                headers: { [headerNames.status]: '200' },
            });
        };
        const sendBlock = (block) => {
            const headers = { [headerNames.block]: String(block.header.number) };
            publish(new Uint8Array(tamper(block)), headers);
        };
        const step = (block, what) => {
            if (what === 'send' || what === 'repeat')
                sendBlock(block);
            if (what === 'repeat')
                sendBlock(block);
            if (what === 'freeze')
                open = false;
            if (what === 'end')
                end();
            if (typeof what === 'object') {
                open = false;
                publishRefusal(ordererBus, message.reply, what.refuse);
            }
        };
        const send = () => {
            while (open && sequence - acknowledged < WINDOW && next < channel.blocks.length) {
                if (stop !== undefined && next > stop)
                    break;
                step(channel.blocks[next], fate(next, stream));
                next++;
            }
            if (open && stop !== undefined && next > stop && sequence - acknowledged < WINDOW)
                end();
        };
        const beat = () => {
            if (!open)
                return;
            if (sequence - acknowledged < WINDOW)
                publish(new Uint8Array(0), { [headerNames.status]: '100' });
            time.after(2_000, beat);
        };
        ordererBus.subscribe(`${inbox}.*`, ({ subject, header }) => {
            if (header(headerNames.status) === '503')
                open = false;
            acknowledged = Math.max(acknowledged, Number(subject.slice(subject.lastIndexOf('.') + 1)));
            send();
        });
        announces.push(send);
        time.after(2_000, beat);
        send();
    });
    return log;
}
//# sourceMappingURL=scripted-deliver.js.map