/** `docs/reference/configuration.md`: the file of an orderer and the definition of a channel, from their schemas. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ordererFileSchema, variableName } from '@cairn/orderer/settings';
import { z } from 'zod';
import { checkout } from './checkout.ts';
import { code, generatedNote, sentence, table } from './markdown.ts';

/** As much of JSON Schema as our schemas use. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
}

interface Leaf {
  readonly path: readonly string[];
  readonly node: Node;
  readonly required: boolean;
}

function leavesOf(node: Node, path: readonly string[], required: boolean): Leaf[] {
  const { properties } = node;
  if (properties === undefined) {
    const own = path.length === 0 ? [] : [{ path, node, required }];
    const item = node.items;
    if (item?.properties === undefined) return own;
    const inside = [...path.slice(0, -1), `${path.at(-1) ?? ''}[]`];
    return [...own, ...leavesOf(item, inside, required)];
  }
  return Object.entries(properties).flatMap(([key, inner]) =>
    leavesOf(inner, [...path, key], node.required?.includes(key) ?? false),
  );
}

function typeOf({ type, enum: values, const: only, anyOf, items }: Node): string {
  if (values !== undefined) return values.map(code).join(', ');
  if (only !== undefined) return code(only);
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  return type === 'array'
    ? `list of ${items === undefined ? 'values' : typeOf(items)}`
    : (type ?? '');
}

const isSafe = (limit: number | undefined): limit is number =>
  limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;

function rangeOf({ minimum, maximum }: Node): string {
  if (isSafe(minimum) && isSafe(maximum)) return `, ${minimum} to ${maximum}`;
  return isSafe(minimum) ? `, at least ${minimum}` : '';
}

function defaultOf({ node, required }: Leaf): string {
  if (node.default === undefined) return required ? 'required' : 'none';
  return code(typeof node.default === 'string' ? node.default : JSON.stringify(node.default));
}

const common = (leaf: Leaf): string[] => [
  `${typeOf(leaf.node)}${rangeOf(leaf.node)}`,
  defaultOf(leaf),
  sentence(leaf.node.description ?? ''),
];

/** The channels come from the file alone: a list of objects has no variable. */
function ordererRow(leaf: Leaf): string[] {
  const { path } = leaf;
  const variable = path[0]?.startsWith('channels') ? '' : code(variableName(path));
  return [code(path.join('.')), variable, ...common(leaf)];
}

const introduction = `# Configuration

## An orderer

One YAML file an orderer (\`cairn orderer --config FILE\`, or \`CAIRN_CONFIG\`). Paths are relative to the file. Every key has a
variable of the same name; a variable wins over the file, the file over the default; lists are written with commas in a
variable. A key that nobody knows is refused with exit code 2, as is a value out of range: a misspelt limit must not silently
be no limit. Seed files must be readable by their owner only.

`;

const local = `
In a local cluster the ports, the NATS address and the list of channels are set by \`cairn up\`; everything else in
\`.cairn/orderers/*.yaml\` is yours. Orderers of a local cluster do not see \`CAIRN_*\` variables of the shell: their files decide.

`;

const channels = `## A channel

One YAML file a channel in \`channels/\`, from which \`cairn init\` makes block 0, once. Afterwards the block decides: an edited
file changes nothing and is reported. \`channels/channel.schema.json\` is the same as JSON Schema, for editors. A
definition whose largest block could exceed 640 KiB is refused.

`;

export function configurationPage(): string {
  const orderer = z.toJSONSchema(ordererFileSchema, { io: 'input' }) as Node;
  const channelSchema = join(checkout, 'channels', 'channel.schema.json');
  const channel = JSON.parse(readFileSync(channelSchema, 'utf8')) as Node;
  const note = generatedNote(
    'packages/orderer/src/config-schema.ts and channels/channel.schema.json',
  );
  const ordererTable = table(
    ['key', 'variable', 'value', 'default', 'means'],
    leavesOf(orderer, [], false).map(ordererRow),
  );
  const channelTable = table(
    ['key', 'value', 'default', 'means'],
    leavesOf(channel, [], false).map((leaf) => [code(leaf.path.join('.')), ...common(leaf)]),
  );
  return `${note}${introduction}${ordererTable}${local}${channels}${channelTable}`;
}
