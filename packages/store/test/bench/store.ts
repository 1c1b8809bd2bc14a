/**
 * How fast the store writes, on this machine and its disk. Run by hand:
 *
 *   npx tsc -b packages/store && npx rolldown packages/store/test/bench/store.ts --external lmdb ... (see below)
 */
