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
