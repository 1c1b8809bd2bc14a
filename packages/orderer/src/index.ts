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
export { StartError, type StartErrorCode } from './errors.ts';
export { Orderer, type OrdererOptions, type OrdererTelemetry } from './orderer.ts';
export type { Clock, Ports, Random } from './ports.ts';
export { type RunningOrderer, type RunOptions, runOrderer } from './run-orderer.ts';
