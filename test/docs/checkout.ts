/** Where the checkout is, for the same file as source and as built. */
import { fileURLToPath } from 'node:url';

export const isBuilt = import.meta.url.includes('/dist/');

export const checkout = fileURLToPath(new URL(isBuilt ? '../../..' : '../..', import.meta.url));
