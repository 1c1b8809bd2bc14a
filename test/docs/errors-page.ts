/** `docs/reference/errors.md`: the one public table of errors, for people. */
import { cairnError, errorCodes, errorRow, exitCodeOfError } from '@cairn/transport';
import { code, generatedNote, table } from './markdown.ts';

const introduction = `# Error codes

A refusal is the same on NATS, on HTTP and from the command line: a status number, a code that never changes its meaning,
a sentence for people, and whether the same request may succeed later without anybody changing it.

\`\`\`json
{"status":503,"error":{"code":"NOT_LEADER","message":"...","retryable":true,"retryAfterMs":200,"leader":"orderer2"}}
\`\`\`

NATS replies say it in the headers \`Nats-Service-Error-Code\` (the status) and \`Nats-Service-Error\` too. Read the code,
never the message: messages are written for people and change. \`cairn explain CODE\` prints one of these on the terminal.

"Submit again under the same id" is always safe: an id is ordered at most once in a channel, and a repeated submission of
the same bytes gets the receipt of the first.

`;

const exits = `
The last column is what a command ends with. Commands have codes of their own for what is no answer of an orderer (a port in
use, an unreadable file); their exit codes are the same seven: 0 done, 1 refused, 2 usage, 3 not found, 4 unavailable,
5 verification failed, 130 interrupted.
`;

export function errorsPage(): string {
  const rows = errorCodes.map((name) => {
    const { status, retryable, meaning, whatToDo } = errorRow(name);
    const again = retryable ? 'yes' : 'no';
    return [
      code(name),
      `${status}`,
      again,
      meaning,
      whatToDo,
      `${exitCodeOfError(cairnError(name))}`,
    ];
  });
  const head = ['code', 'status', 'retryable', 'means', 'what to do', 'exit'];
  const note = generatedNote('packages/transport/src/error-table.ts');
  return `${note}${introduction}${table(head, rows)}${exits}`;
}
