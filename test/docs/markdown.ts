/** The few pieces of Markdown that generated pages are made of. Pure. */

export const generatedNote = (source: string): string =>
  `<!-- Generated from ${source} by "npm run docs"; a test holds both equal. Do not edit. -->\n\n`;

/** Text in a cell: a bar would end the cell, a line break the table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |\n`;
  return `${line(head)}|${head.map(() => '---').join('|')}|\n${rows.map(line).join('')}`;
}

export const code = (text: string): string => `\`${text}\``;

export const sentence = (text: string): string =>
  text === '' || /[.?!]$/.test(text) ? text : `${text}.`;
