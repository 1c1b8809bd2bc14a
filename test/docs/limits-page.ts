/**
 * `docs/reference/limits.md`: the fixed numbers, as the code has them.
 *
 * A row is an exported constant: its value from the module, its meaning from here, where people read it. A constant that
 * is renamed or gone makes the page fail, not silently wrong.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkout, isBuilt } from './checkout.ts';
import { code, generatedNote, table } from './markdown.ts';

interface LimitSource {
  /** Below `packages/`, without `src/` and `.ts`. */
  readonly file: readonly [room: string, name: string];
  readonly limits: readonly (readonly [constant: string, meaning: string])[];
}

interface Section {
  readonly title: string;
  readonly introduction: string;
  readonly sources: readonly LimitSource[];
}

const sections: readonly Section[] = [
  {
    title: 'Of the format',
    introduction: 'Fixed for ever: every reader of a block relies on them.',
    sources: [
      {
        file: ['ledger', 'limits'],
        limits: [
          [
            'BLOCK_BYTES_MAX',
            "A whole block, so that it fits one NATS message of the server's default size.",
          ],
          ['BODY_BYTES_MAX', 'The transactions of a block with their lengths.'],
          ['TRANSACTION_BYTES_MAX', 'One encoded transaction, whatever the channel allows.'],
          ['TRANSACTIONS_MAX', 'Transactions in a block.'],
          ['ID_BYTES_MAX', 'A transaction id, printable ASCII without spaces.'],
          ['CONFIG_BYTES_MAX', 'The configuration document of a channel.'],
          ['HEADER_BYTES', 'A block header, exactly.'],
          ['SIGNATURE_BYTES', 'A signature, exactly.'],
        ],
      },
    ],
  },
  {
    title: 'Of a request',
    introduction: 'What an orderer accepts at its doors.',
    sources: [
      {
        file: ['orderer', 'doors/submit'],
        limits: [
          [
            'BATCH_TRANSACTIONS_MAX',
            'Transactions in a batch frame; more are refused with BATCH_TOO_LARGE.',
          ],
          ['BATCH_BYTES_MAX', 'A batch frame.'],
        ],
      },
      {
        file: ['orderer', 'doors/request-options'],
        limits: [
          ['TIMEOUT_MS_DEFAULT', 'Deadline of a submission without the header Cairn-Timeout-Ms.'],
          ['TIMEOUT_MS_MAX', 'The longest deadline; a longer one is shortened to it.'],
          [
            'WAIT_MS_DEFAULT',
            'How long a read of a block that is about to come waits (Cairn-Wait-Ms).',
          ],
          ['WAIT_MS_MAX', 'The longest such wait.'],
        ],
      },
      {
        file: ['orderer', 'reads'],
        limits: [
          ['NEAR_BLOCKS', 'A read waits only for numbers less than this beyond the height.'],
        ],
      },
      {
        file: ['orderer', 'doors/deliver'],
        limits: [
          ['UNACKNOWLEDGED_MESSAGES_MAX', 'Blocks sent on a stream and not acknowledged.'],
          ['UNACKNOWLEDGED_BYTES_MAX', 'Bytes sent on a stream and not acknowledged.'],
          ['HEARTBEAT_MS', 'A stream without new blocks says so this often.'],
          ['GIVE_UP_MS', 'A stream that is not acknowledged so long ends.'],
        ],
      },
      {
        file: ['orderer', 'http/block-pages'],
        limits: [
          ['PAGE_BLOCKS_MAX', 'Blocks on a page over HTTP.'],
          ['PAGE_BYTES_MAX', 'Bytes of a page over HTTP.'],
        ],
      },
    ],
  },
  {
    title: 'Of an orderer',
    introduction: 'Fixed; what can be set is in [configuration](configuration.md) under `limits`.',
    sources: [
      {
        file: ['orderer', 'orderer'],
        limits: [
          ['HAND_OVER_MS', 'A planned stop waits so long for a successor, then stops anyway.'],
        ],
      },
    ],
  },
  {
    title: 'Of the client library',
    introduction: 'They trade latency, memory and load; none weakens a promise.',
    sources: [
      {
        file: ['client', 'limits'],
        limits: [
          ['FRAME_TRANSACTIONS_MAX', 'Transactions in one frame.'],
          ['FRAME_BYTES_MAX', 'Bytes of one frame.'],
          ['FRAMES_IN_FLIGHT_MAX', 'Frames of one channel that wait for an answer.'],
          ['BYTES_IN_FLIGHT_MAX', 'Bytes of these frames.'],
          ['WAITING_BYTES_MAX', 'What may wait before a submission is refused with OVERLOADED.'],
          ['TIMEOUT_MS_DEFAULT', 'Until a call gives up.'],
          ['ATTEMPT_TIMEOUT_MS', 'One attempt to submit; the next goes out under the same id.'],
          ['READ_ATTEMPT_TIMEOUT_MS', 'One attempt to read.'],
          ['STREAM_SILENCE_MS', 'A stream silent so long is started again at the next number.'],
          [
            'STALL_TIMEOUT_MS_DEFAULT',
            'Reading a range ends with an error when no block has come so long.',
          ],
        ],
      },
    ],
  },
];

const introduction = `# Limits

Everything has a limit, and what exceeds one is refused with a code, never cut off. These are the numbers of this version.

`;

function readable(name: string, value: number): string {
  if (name.includes('_MS')) return value % 1000 === 0 ? `${value / 1000} s` : `${value} ms`;
  if (!name.includes('BYTES')) return `${value}`;
  if (value % 1_048_576 === 0) return `${value / 1_048_576} MiB`;
  return value % 1024 === 0 ? `${value / 1024} KiB` : `${value} bytes`;
}

async function rowsOf({ file: [room, name], limits }: LimitSource): Promise<string[][]> {
  const built = isBuilt ? ['dist', `${name}.js`] : ['src', `${name}.ts`];
  const url = pathToFileURL(join(checkout, 'packages', room, ...built)).href;
  const values: Readonly<Record<string, unknown>> = await import(/* @vite-ignore */ url);
  return limits.map(([constant, meaning]) => {
    const value = values[constant];
    if (typeof value !== 'number') throw new Error(`${room}/${name} has no number ${constant}`);
    return [meaning, readable(constant, value), `${code(constant)} (${room})`];
  });
}

async function sectionText({ title, introduction: text, sources }: Section): Promise<string> {
  const rows = (await Promise.all(sources.map(rowsOf))).flat();
  return `## ${title}\n\n${text}\n\n${table(['limit', 'is', 'in the code'], rows)}`;
}

export async function limitsPage(): Promise<string> {
  const texts = await Promise.all(sections.map(sectionText));
  return `${generatedNote("the packages' constants")}${introduction}${texts.join('\n')}`;
}
