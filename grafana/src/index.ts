/**
 * The dashboards as the JSON that Grafana reads: what stands in `grafana/dashboards` is this text. And what tests need of
 * `npm run watch`: Prometheus beside a cluster, questions to it, the blog's demonstration.
 */
import { channel } from './channel.ts';
import { dashboardOf } from './frame.ts';
import { orderer } from './orderer.ts';
import { overview } from './overview.ts';

export { startPreview } from './preview.ts';
export { ask, labelValues, type Sample } from './watch/ask.ts';
export { replayBlog } from './watch/blog.ts';
export { electionLines, electionOf, inOrder } from './watch/log-lines.ts';
export { ensurePrometheus, findPrometheus } from './watch/programs.ts';
export { type RunningPrometheus, startPrometheus } from './watch/prometheus.ts';

/** By file name. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    [overview, channel, orderer].map((frame) => [
      `${frame.uid.replace('cairn-', '')}.json`,
      `${JSON.stringify(dashboardOf(frame), null, 2)}\n`,
    ]),
  );
}
