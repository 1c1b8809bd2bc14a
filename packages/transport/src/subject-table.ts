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
  /** Exact subjects are found by name; only patterns are searched, and of them only those with the same first token. */
  private readonly exact = new Map<string, Row<T>[]>();
  private readonly patterns = new Map<string, Set<Row<T>>>();
  /** What was found lately, as long as nothing was added or taken out. */
  private readonly found = new Map<string, readonly T[]>();
  private added = 0;

  /** Returns what takes it out again. */
  add(subject: string, value: T): () => void {
    this.added += 1;
    this.found.clear();
    const row = { order: this.added, pattern: subject.split('.'), value };
    if (row.pattern.some((token) => token === '*' || token === '>')) {
      const rows = this.patternsUnder(row.pattern[0]!);
      rows.add(row);
      return () => {
        this.found.clear();
        rows.delete(row);
      };
    }
    const rows = this.exact.get(subject);
    if (rows === undefined) this.exact.set(subject, [row]);
    else rows.push(row);
    return () => this.removeExact(subject, row);
  }

  find(subject: string): readonly T[] {
    const known = this.found.get(subject);
    if (known !== undefined) return known;
    const tokens = subject.split('.');
    const rows = [...(this.exact.get(subject) ?? [])];
    for (const first of [tokens[0]!, '*', '>']) {
      for (const row of this.patterns.get(first) ?? []) {
        if (matchesTokens(row.pattern, tokens)) rows.push(row);
      }
    }
    const values = rows.sort((a, b) => a.order - b.order).map((row) => row.value);
    if (this.found.size >= foundMax) this.found.clear();
    this.found.set(subject, values);
    return values;
  }

  private patternsUnder(first: string): Set<Row<T>> {
    let rows = this.patterns.get(first);
    if (rows === undefined) {
      rows = new Set();
      this.patterns.set(first, rows);
    }
    return rows;
  }

  private removeExact(subject: string, row: Row<T>): void {
    this.found.clear();
    const rest = (this.exact.get(subject) ?? []).filter((other) => other !== row);
    if (rest.length === 0) this.exact.delete(subject);
    else this.exact.set(subject, rest);
  }
}

/** A subject from outside must not reach the protocol unchecked: a line break in it would be a command. */
export function assertSubject(subject: string): void {
  if (subject === '' || /\s/.test(subject)) {
    throw new RangeError(`${JSON.stringify(subject)} is not a NATS subject`);
  }
}
