/**
 * A stream of bytes as its lines, without decoding them: what is submitted is exactly what stands in the file.
 */

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

function withoutCarriageReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

export interface Line {
  /** From 1, as editors count. */
  readonly number: number;
  readonly bytes: Buffer;
}

/** Lines without their ends; empty ones are counted but left out, since no transaction is empty. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Line, void, undefined> {
  let number = 1;
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const bytes = withoutCarriageReturn(Buffer.concat([...rest, chunk.subarray(start, end)]));
      rest = [];
      start = end + 1;
      if (bytes.length > 0) yield { number, bytes };
      number++;
    }
    if (start < chunk.length) rest.push(Buffer.from(chunk.subarray(start)));
  }
  const last = withoutCarriageReturn(Buffer.concat(rest));
  if (last.length > 0) yield { number, bytes: last };
}

/** All bytes of a stream. */
export async function allBytes(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
