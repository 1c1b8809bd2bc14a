export { cairnVersion } from './commands/version.ts';
export { main, run } from './main.ts';
