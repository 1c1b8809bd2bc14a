/**
 * The part of this room that only describes: configuration, metrics, the state of a cluster. The entry
 * `@cairn/orderer/settings`, for commands that start no orderer and should not wait for all that one needs to be loaded.
 */
export {
  type ChannelAnswers,
  type ChannelStatus,
  type ClusterStatus,
  channelStatus,
  clusterStatus,
  type InfoAnswer,
  type MemberState,
  type MemberStatus,
  type Problem,
  type ProblemCode,
} from './cluster-status.ts';
export {
  ConfigError,
  type ConfigErrorCode,
  describeIssues,
  type Environment,
  loadOrdererConfig,
  type OrdererConfig,
  readSeedFile,
} from './config.ts';
export {
  nameSchema,
  type OrdererFile,
  ordererFileSchema,
  ordererSettings,
  unwrapSchema,
  variableName,
} from './config-schema.ts';
export { metricsPage } from './metrics/page.ts';
export { metricNames } from './metrics/table.ts';
