/**
 * What other rooms and the scripts at the root use of the command: its entry, its commands, the search for nats-server.
 */
export type { Command, Option, Session } from './command.ts';
export { commands } from './commands/index.ts';
export { cairnVersion } from './commands/version.ts';
export { ensureNatsServer, findNatsServer } from './local/nats-server.ts';
export { main, run } from './main.ts';
export type { Terminal } from './terminal.ts';
