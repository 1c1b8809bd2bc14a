/** What an orderer gives away: itself over ports, itself as a process, and its settings. */
export { StartError, type StartErrorCode } from './errors.ts';
export { type MetricName, type MetricRow, metricNames, metricTable } from './metrics/table.ts';
export { Orderer, type OrdererOptions, type OrdererTelemetry } from './orderer.ts';
export { requireMembership } from './own-membership.ts';
export type { Clock, Ports, Random } from './ports.ts';
export { type RunningOrderer, type RunOptions, runOrderer } from './run-orderer.ts';
// The list stands there: it is an entry of its own, too.
export * from './settings.ts';
