/** The dashboards as the JSON that Grafana reads: what stands in `grafana/dashboards` is this text. */
import { channel } from './channel.ts';
import { dashboardOf } from './frame.ts';
import { orderer } from './orderer.ts';
import { overview } from './overview.ts';

/** By file name. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    [overview, channel, orderer].map((frame) => [
      `${frame.uid.replace('cairn-', '')}.json`,
      `${JSON.stringify(dashboardOf(frame), null, 2)}\n`,
    ]),
  );
}
