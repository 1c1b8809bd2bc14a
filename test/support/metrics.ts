/** Reading Prometheus text in tests, as far as ours goes. */

export type Samples = ReadonlyMap<string, number>;

/** By name and labels as they stand: `cairn_raft_term{channel="mychannel"}`. */
export function parseMetrics(text: string): Samples {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const at = line.lastIndexOf(' ');
    samples.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  return samples;
}
