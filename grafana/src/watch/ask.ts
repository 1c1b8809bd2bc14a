/** Asking Prometheus, over its HTTP API. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Vector {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

type Answer<T> =
  | { readonly status: 'success'; readonly data: T }
  | { readonly status: 'error'; readonly error: string };

/** Longer than Prometheus takes for anything that is asked here, on a machine that is overloaded. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Throws what Prometheus says is wrong with the question. */
async function answered<T>(url: URL): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  const answer = (await response.json()) as Answer<T>;
  if (answer.status === 'success') return answer.data;
  throw new Error(answer.error);
}

/** Numbers as Prometheus writes them. */
export const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity'));

/** The value of an expression now. */
export async function ask(prometheus: string, expression: string): Promise<Sample[]> {
  const url = new URL('/api/v1/query', prometheus);
  url.searchParams.set('query', expression);
  const { result } = await answered<{ readonly result: readonly Vector[] }>(url);
  return result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }));
}

/** What Grafana's `label_values(selector, label)` offers. */
export async function labelValues(
  prometheus: string,
  selector: string,
  label: string,
): Promise<string[]> {
  const url = new URL(`/api/v1/label/${label}/values`, prometheus);
  url.searchParams.set('match[]', selector);
  return await answered<string[]>(url);
}
