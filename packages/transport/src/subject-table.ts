/**
 * Subjects and patterns: `*` stands for one token, a last `>` for one or more.
 *
 * A table finds what is registered under the patterns that match a subject, in the order of registration.
 */

export function matchesSubject(pattern: string, subject: string): boolean {
  return matchesTokens(pattern.split('.'), subject.split('.'));
}

function matchesTokens(pattern: readonly string[], subject: readonly string[]): boolean {
  for (let position = 0; position < pattern.length; position++) {
    const token = pattern[position]!;
    if (position >= subject.length) return false;
    if (token === '>') return position === pattern.length - 1;
    // A pattern may be asked about too: one token does not cover the rest.
    if (token === '*' ? subject[position] === '>' : token !== subject[position]) return false;
  }
  return pattern.length === subject.length;
}

interface Row<T> {
  readonly order: number;
  readonly pattern: readonly string[];
  readonly value: T;
}

const foundMax = 1_000;

export class SubjectTable<T> {
  /** Exact subjects are found by name; so are patterns whose only wildcard is one last token, by what stands before it. */
  private readonly exact = new Map<string, Row<T>[]>();
  private readonly under = new Map<string, Row<T>[]>();
  /** Of the other patterns, those with the same first token are searched. */
  private readonly patterns = new Map<string, Set<Row<T>>>();
  /** What was found lately, as long as nothing was added or taken out. */
  private readonly found = new Map<string, readonly T[]>();
  private added = 0;

  /** Returns what takes it out again. */
  add(subject: string, value: T): () => void {
    this.added += 1;
    this.found.clear();
    const row = { order: this.added, pattern: subject.split('.'), value };
    const wildcards = row.pattern.filter((token) => token === '*' || token === '>').length;
    if (wildcards === 0) return this.addTo(this.exact, subject, row);
    if (wildcards === 1 && row.pattern.length > 1 && row.pattern.at(-1) === '*') {
      return this.addTo(this.under, subject.slice(0, -2), row);
    }
    const rows = this.patternsUnder(row.pattern[0]!);
    rows.add(row);
    return () => {
      this.found.clear();
      // Taken out a second time, it must not take those with it who came later.
      if (rows.delete(row) && rows.size === 0) this.patterns.delete(row.pattern[0]!);
    };
  }

  find(subject: string): readonly T[] {
    const known = this.found.get(subject);
    if (known !== undefined) return known;
    const under = this.rowsUnder(subject);
    // Inboxes: each subject is used once, and there is nothing to put in order or to keep.
    if (under?.length === 1 && !this.exact.has(subject) && this.patterns.size === 0) {
      return [under[0]!.value];
    }
    const rows = [...(this.exact.get(subject) ?? []), ...(under ?? []), ...this.searched(subject)];
    const values = rows.sort((a, b) => a.order - b.order).map((row) => row.value);
    if (this.found.size >= foundMax) this.found.clear();
    this.found.set(subject, values);
    return values;
  }

  /** One token does not stand for all the rest, so that `a.*` is nothing to who asks for `a.>`. */
  private rowsUnder(subject: string): readonly Row<T>[] | undefined {
    const end = subject.lastIndexOf('.');
    return end < 0 || subject.endsWith('.>') ? undefined : this.under.get(subject.slice(0, end));
  }

  private *searched(subject: string): Generator<Row<T>, void, undefined> {
    if (this.patterns.size === 0) return;
    const tokens = subject.split('.');
    for (const first of [tokens[0]!, '*', '>']) {
      for (const row of this.patterns.get(first) ?? []) {
        if (matchesTokens(row.pattern, tokens)) yield row;
      }
    }
  }

  private patternsUnder(first: string): Set<Row<T>> {
    let rows = this.patterns.get(first);
    if (rows === undefined) {
      rows = new Set();
      this.patterns.set(first, rows);
    }
    return rows;
  }

  private addTo(rowsOf: Map<string, Row<T>[]>, name: string, row: Row<T>): () => void {
    const rows = rowsOf.get(name);
    if (rows === undefined) rowsOf.set(name, [row]);
    else rows.push(row);
    return () => this.removeFrom(rowsOf, name, row);
  }

  private removeFrom(rowsOf: Map<string, Row<T>[]>, name: string, row: Row<T>): void {
    this.found.clear();
    const rows = rowsOf.get(name) ?? [];
    // Whoever leaves takes out thousands of rows in the order in which it had put them in.
    const at = rows.indexOf(row);
    if (at >= 0) rows.splice(at, 1);
    if (rows.length === 0) rowsOf.delete(name);
  }
}

/** A subject from outside must not reach the protocol unchecked: a line break in it would be a command. */
export function assertSubject(subject: string): void {
  if (subject === '' || (!isPrintable(subject) && /\s/.test(subject))) {
    throw new RangeError(`${JSON.stringify(subject)} is not a NATS subject`);
  }
}

/** Nothing but 0x21 to 0x7e, as all subjects of ours: told in a fraction of what an expression takes. */
function isPrintable(subject: string): boolean {
  for (let at = 0; at < subject.length; at++) {
    const code = subject.charCodeAt(at);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}
