/**
 * A small reader of Server-Sent Events.
 */

export interface SentEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

export async function readEvents(url: string, headers: Record<string, string> = {}) {
  const controller = new AbortController();
  const response = await fetch(url, { headers, signal: controller.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const take = async (count: number): Promise<SentEvent[]> => {
    const events: SentEvent[] = [];
    while (events.length < count) {
      const end = text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`the stream ended after ${events.length} events`);
        text += value;
        continue;
      }
      const event = eventOf(text.slice(0, end));
      text = text.slice(end + 2);
      if (event !== null) events.push(event);
    }
    return events;
  };
  return { response, take, close: () => controller.abort() };
}

/** Null for comments and settings. */
function eventOf(frame: string): SentEvent | null {
  const field = (name: string): string =>
    frame
      .split('\n')
      .filter((line) => line.startsWith(`${name}: `))
      .map((line) => line.slice(name.length + 2))
      .join('\n');
  const data = field('data');
  return data === '' ? null : { event: field('event'), id: field('id'), data };
}
