/**
 * Delta debugging (Zeller and Hildebrandt, 2002): which parts of a list are needed for something still to hold.
 */

/**
 * A shorter list for which `holds` is true, in the same order; `parts` itself is taken to hold. Nothing of it can be
 * left out
 * alone, unless `holds` has begun to refuse everything, as it may when time is up.
 */
export function shortest<Part>(
  parts: readonly Part[],
  holds: (fewer: readonly Part[]) => boolean,
): readonly Part[] {
  if (parts.length === 0 || holds([])) return [];
  let kept = parts;
  let chunks = 2;
  while (kept.length > 1) {
    const fewer = withoutOneChunk(kept, chunks, holds);
    if (fewer !== null) {
      kept = fewer;
      chunks = Math.max(2, chunks - 1);
    } else if (chunks >= kept.length) {
      break;
    } else {
      chunks = Math.min(kept.length, chunks * 2);
    }
  }
  return kept;
}

/** What comes last goes first: it is needed least often. */
function withoutOneChunk<Part>(
  parts: readonly Part[],
  chunks: number,
  holds: (fewer: readonly Part[]) => boolean,
): readonly Part[] | null {
  for (let chunk = chunks - 1; chunk >= 0; chunk--) {
    const start = Math.floor((chunk * parts.length) / chunks);
    const end = Math.floor(((chunk + 1) * parts.length) / chunks);
    const fewer = [...parts.slice(0, start), ...parts.slice(end)];
    if (holds(fewer)) return fewer;
  }
  return null;
}
