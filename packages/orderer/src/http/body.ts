/**
 * A request's body, bounded: no more than the bound is ever kept, whatever length was announced or not.
 */

/** Null if there is more than `bytesMax`; what is left is then not read. */
export async function readBody(request: Request, bytesMax: number): Promise<Uint8Array | null> {
  if (Number(request.headers.get('Content-Length') ?? 0) > bytesMax) return null;
  if (request.body === null) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(parts, bytes);
    bytes += value.length;
    if (bytes > bytesMax) return null;
    parts.push(value);
  }
}
