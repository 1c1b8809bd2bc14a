/**
 * What happened as a picture in text: time down the page, one column a node.
 *
 * What happens at different nodes in the same millisecond stands side by side: neither can have caused the other, for
 * every message takes a millisecond. Times are seconds, rounded to hundredths.
 */
const WIDTH = 125;
/** Of the time with the blanks around it. */
const TIME = 10;
const GAP = '  ';
const COLUMN_MAX = 30;

export interface Told {
  readonly atMs: number;
  /** Null: across the page. */
  readonly node: string | null;
  readonly text: string;
}

export function pictureOf(told: readonly Told[], nodes: readonly string[]): string[] {
  if (told.length === 0) return [];
  const width = Math.min(
    COLUMN_MAX,
    Math.floor((WIDTH - TIME + GAP.length) / nodes.length) - GAP.length,
  );
  const head = told.some(({ node }) => node !== null) ? [row('', nodes, width)] : [];
  let before = '';
  const rows = instantsOf(told).flatMap((instant) => {
    const time = `${(instant[0]!.atMs / 1_000).toFixed(2)} s`;
    const said = time === before ? '' : time;
    before = time;
    return rowsOf(said, instant, nodes, width);
  });
  return [...head, ...rows];
}

/** What goes side by side: of one millisecond, and nothing of it across the page. */
function instantsOf(told: readonly Told[]): Told[][] {
  const instants: Told[][] = [];
  for (const each of told) {
    const last = instants.at(-1)?.[0];
    const isNew = last === undefined || last.atMs !== each.atMs;
    if (isNew || last.node === null || each.node === null) instants.push([each]);
    else instants.at(-1)!.push(each);
  }
  return instants;
}

function rowsOf(
  time: string,
  instant: readonly Told[],
  nodes: readonly string[],
  width: number,
): string[] {
  const [first] = instant;
  if (first!.node === null) return [`${timeCell(time)}${first!.text}`];
  const columns = nodes.map((name) =>
    instant.filter(({ node }) => node === name).flatMap(({ text }) => piecesOf(text, width)),
  );
  const height = Math.max(...columns.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) =>
    row(
      at === 0 ? time : '',
      columns.map((pieces) => pieces[at] ?? ''),
      width,
    ),
  );
}

function row(time: string, cells: readonly string[], width: number): string {
  const padded = cells.map((cell) => cell.padEnd(width));
  return `${timeCell(time)}${padded.join(GAP)}`.trimEnd();
}

const timeCell = (time: string): string => time.padStart(TIME - GAP.length) + GAP;

/** Broken between words; what does not fit the first line is indented. */
function piecesOf(text: string, width: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const word of text.split(' ')) {
    if (piece.trim() !== '' && piece.length + 1 + word.length > width) {
      pieces.push(piece);
      piece = `  ${word}`;
    } else piece = piece === '' ? word : `${piece} ${word}`;
  }
  return [...pieces, piece];
}

/** Rows of cells under one another, as wide as they need. */
export function tableOf(rows: readonly (readonly string[])[]): string[] {
  const count = Math.max(...rows.map(({ length }) => length));
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(...rows.map((cells) => cells[at]?.length ?? 0)),
  );
  return rows.map((cells) =>
    (GAP + cells.map((cell, at) => cell.padEnd(widths[at]!)).join(GAP)).trimEnd(),
  );
}
