/** `docs/reference/cli.md`: what `--help` says of every command, from the commands themselves. */
import { type Command, commands, type Option } from '@cairn/cli';
import { code, generatedNote, sentence, table } from './markdown.ts';

const introduction = `# The command \`cairn\`

\`npx cairn <command>\` in the checkout. Every option can be given as a variable too, where one is named; what is typed wins.
\`--json\` prints JSON and nothing else on standard output (one object a line where there are many); everything about
progress goes to standard error. \`NO_COLOR\` turns colours off. \`cairn completion\` prints a script that completes commands
and channel names in bash or zsh.

Exit codes: 0 done, 1 refused, 2 usage, 3 not found, 4 unavailable, 5 verification failed, 130 interrupted.

Where NATS is: \`--server\`, \`CAIRN_NATS_URL\`, \`NATS_URL\`, the address of \`--context\`, \`cluster.json\` of the local cluster, in
that order. Who you are: \`--creds\`, \`--nkey\`, the credentials of \`--context\`, and for the local cluster its client's key.
`;

function nameOf({ flag, alias, kind }: Option): string {
  const long = kind === 'boolean' ? `--${flag}` : `--${flag} <${kind}>`;
  return alias === undefined ? code(long) : `${code(`-${alias}`)}, ${code(long)}`;
}

function optionRow(option: Option): string[] {
  const name = option.positional ? code(option.key) : nameOf(option);
  return [name, option.variables.map(code).join(', '), sentence(option.description ?? '')];
}

function section(command: Command): string {
  const title = `cairn ${command.name} ${command.positionals}`.trim();
  const examples = command.examples.map(([text, meaning]) => `${text.padEnd(58)} # ${meaning}\n`);
  return `
## ${code(title)}

${sentence(command.summary)}

\`\`\`sh
${examples.join('')}\`\`\`

${table(['option', 'variables', 'means'], command.options.map(optionRow))}`;
}

export function cliPage(): string {
  const sections = commands.filter(({ hidden }) => !hidden).map(section);
  return `${generatedNote("the commands' schemas in packages/cli/src")}${introduction}${sections.join('')}`;
}
