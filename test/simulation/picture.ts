/**
 * A run as a picture in text: time down the page, one column a node, what decides in words.
 *
 *       ms | orderer1                 | orderer2                 | orderer3
 *     1043 | stands at term 1         |                          |
 *     1044 |                          | grants pre-vote to 1     |
 *
 * Without `verbose` a column shows roles, elections, the life of the process, cuts of the log and every hundredth commit;
 * what the nemesis does stands across the page.
 */
import type { TracedEvent } from './trace.ts';

const COLUMN = 30;
const TIME = 8;

const legible: readonly RegExp[] = [
  /^(starts|crashed|stopping|stopped|paused|resumed|ends itself|disk)/,
  / stops here: /,
  /became |starting a new election|quorum:|Raft leader changed|switched to configuration/,
  /(sent|cast|rejected|ignored) Msg|received Msg|stepped down|transfer|handed|truncated/,
];

export function isLegible({ node, text }: TracedEvent): boolean {
  return node === '' ? text.startsWith('***') : legible.some((pattern) => pattern.test(text));
}

export class Picture {
  readonly #nodes: readonly string[];
  readonly #write: (line: string) => void;

  constructor(nodes: readonly string[], write: (line: string) => void) {
    this.#nodes = nodes;
    this.#write = write;
    this.#line('ms', nodes);
    this.#write('-'.repeat(TIME + nodes.length * (COLUMN + 3)));
  }

  #line(time: string, cells: readonly string[]): void {
    const padded = cells.map((cell) => cell.padEnd(COLUMN));
    this.#write(`${time.padStart(TIME)} | ${padded.join(' | ')}`.trimEnd());
  }

  add({ atMs, node, text }: TracedEvent): void {
    const column = this.#nodes.indexOf(node);
    if (column < 0) {
      this.#write(`${String(atMs).padStart(TIME)} ${text}`);
      return;
    }
    for (const [at, piece] of piecesOf(text).entries()) {
      const cells = this.#nodes.map((_, each) => (each === column ? piece : ''));
      this.#line(at === 0 ? String(atMs) : '', cells);
    }
  }
}

/** Broken between words so that each piece fits a column. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const word of text.split(' ')) {
    if (piece !== '' && piece.length + 1 + word.length > COLUMN) {
      pieces.push(piece);
      piece = `  ${word}`;
    } else piece = piece === '' ? word : `${piece} ${word}`;
  }
  return [...pieces, piece];
}
