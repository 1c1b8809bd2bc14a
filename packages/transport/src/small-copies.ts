/**
 * Copies of small byte strings, many in one buffer: an array of its own costs the engine ten times the copying.
 *
 * A buffer is given out once and never again. Whoever keeps a copy keeps its neighbours, a few KiB: for what is short-lived.
 */
const slabBytes = 8 * 1024;
/** Up to here an array lies within the heap and is cheap. */
const heapBytesMax = 64;
const copyBytesMax = slabBytes / 4;

let slab = new ArrayBuffer(slabBytes);
let used = 0;

export function copyOf(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (length <= heapBytesMax || length > copyBytesMax) return new Uint8Array(bytes);
  if (used + length > slabBytes) {
    slab = new ArrayBuffer(slabBytes);
    used = 0;
  }
  const copy = new Uint8Array(slab, used, length);
  copy.set(bytes);
  used += length;
  return copy;
}
