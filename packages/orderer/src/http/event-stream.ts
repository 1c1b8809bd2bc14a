/**
 * Block events as Server-Sent Events: event `block`, id the number, data the event's JSON.
 *
 * The body is pulled: a slow reader slows the sender, and nothing is kept for it beyond the sender's window. A comment
 * goes out when there is nothing to say, so that a reader that has gone is noticed.
 */
import { utf8 } from '@cairn/ledger';
import type { BlockEvent, BlockStream } from './block-stream.ts';

const COMMENT_EVERY_MS = 10_000;
const RECONNECT_AFTER_MS = 1_000;

export function eventStreamResponse(stream: BlockStream, ended: () => void): Response {
  const end = (): void => {
    stream.close();
    ended();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(utf8(`retry: ${RECONNECT_AFTER_MS}\n\n`)),
      pull: async (controller) => {
        const event = await stream.take(COMMENT_EVERY_MS);
        if (event !== null) {
          controller.enqueue(utf8(event === 'idle' ? ': nothing new\n\n' : frameOf(event)));
          return;
        }
        controller.close();
        ended();
      },
      cancel: end,
    },
    { highWaterMark: 1 },
  );
  const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' };
  return new Response(body, { headers: { ...headers, 'X-Accel-Buffering': 'no' } });
}

function frameOf({ number, text }: BlockEvent): string {
  return `event: block\nid: ${number}\ndata: ${text}\n\n`;
}
