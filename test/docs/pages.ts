/** Every generated page of the documentation, what else is made the same way, and where it stands. */
import { metricsPage } from '@cairn/orderer/settings';
import { cliPage } from './cli-page.ts';
import { configurationPage } from './configuration-page.ts';
import { errorsPage } from './errors-page.ts';
import { limitsPage } from './limits-page.ts';
import { rulesManifest } from './rules-manifest.ts';

/** Paths are relative to the checkout. */
export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/configuration.md', configurationPage()],
    ['docs/reference/limits.md', await limitsPage()],
    ['docs/reference/metrics.md', metricsPage()],
    ['docs/reference/cli.md', cliPage()],
    ['deploy/kubernetes/monitoring/rules.yaml', rulesManifest()],
  ]);
}
