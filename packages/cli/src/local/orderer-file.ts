/**
 * The YAML file of one orderer of a local cluster: written once by `init`; later only the settings that the cluster decides
 * are changed in it, so what its owner wrote, comments included, stays.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { writeIfDifferent } from './files.ts';
import type { Home } from './home.ts';
import type { OrdererPorts } from './ports.ts';

export interface OrdererFileInput {
  readonly name: string;
  readonly prefix: string;
  readonly natsPort: number;
  readonly ports: OrdererPorts;
  /** The channels it is a member of. */
  readonly channels: readonly string[];
}

const HEADING = ` One orderer of a local cluster. Paths are relative to this file.
 Every setting can be given as a variable too: http.port is CAIRN_HTTP_PORT.
 The ports, the NATS address and the list of channels are set by "cairn up"; everything else is yours.`;

function emptyDocument(): Document {
  const document = parseDocument('name: orderer\n');
  document.commentBefore = HEADING;
  return document as unknown as Document;
}

type Path = readonly (string | number)[];

/** Leaves the node, and so its comments and style, alone when it already says this. */
function setValue(document: Document, path: Path, value: unknown): void {
  const present = document.getIn(path);
  const plain =
    present !== null && typeof present === 'object' ? JSON.stringify(present) : undefined;
  if (present === value || plain === JSON.stringify(value)) return;
  document.setIn(path, document.createNode(value));
}

/** Writes or corrects the file; true if it changed. */
export function writeOrdererFile(home: Home, input: OrdererFileInput): boolean {
  const path = home.ordererFile(input.name);
  const isNew = !existsSync(path);
  const document = isNew
    ? emptyDocument()
    : (parseDocument(readFileSync(path, 'utf8')) as unknown as Document);
  const fromFile = (target: string): string => relative(dirname(path), target);
  const set = (keys: Path, value: unknown): void => setValue(document, keys, value);
  if (isNew) {
    set(['name'], input.name);
    set(['directory'], fromFile(home.data(input.name)));
    set(['prefix'], input.prefix);
    set(['keys', 'loginSeedFile'], fromFile(home.loginSeed(input.name)));
    set(['keys', 'signingSeedFile'], fromFile(home.signingSeed(input.name)));
  }
  set(['nats', 'servers'], [`nats://127.0.0.1:${input.natsPort}`]);
  set(['http', 'port'], input.ports.http);
  set(['operations', 'port'], input.ports.operations);
  const channels = input.channels.map((name) => ({ name, genesis: fromFile(home.genesis(name)) }));
  set(['channels'], channels);
  return writeIfDifferent(path, document.toString());
}
