/**
 * Texts as bytes that are sent and forgotten.
 *
 * Short ones share buffers of Node's pool, which costs a fraction of an array of its own for each. Whoever keeps one keeps
 * its neighbours, a few KiB: not for what stays.
 */
import { Buffer } from 'node:buffer';

export const passingBytes = (text: string): Uint8Array => Buffer.from(text);
