export { cairnVersion } from './commands/version.ts';
export { ensureNatsServer, findNatsServer } from './local/nats-server.ts';
export { main, run } from './main.ts';
