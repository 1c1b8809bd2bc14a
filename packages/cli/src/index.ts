/**
 * What other rooms and the scripts at the root use of the command: its entry, its commands, how nats-server is found and
 * started.
 */
export type { Command, Option, Session } from './command.ts';
export { commands } from './commands/index.ts';
export { cairnVersion } from './commands/version.ts';
export { ensureNatsServer, findNatsServer, natsServerEnvironment } from './local/nats-server.ts';
export { main, run } from './main.ts';
export type { Terminal } from './terminal.ts';
