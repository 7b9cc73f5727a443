export { type ComposeOptions, composeProxy } from './compose.js'
export { definitionFaults } from './config/definition-faults.js'
export type { Environment } from './config/expand.js'
export { ConfigError } from './config/fault.js'
export { configJsonSchema } from './config/json-schema.js'
export type { ProviderReport } from './config/provider-file.js'
export { recordsOf, storageFile } from './config/records.js'
export {
  type Config,
  defaultConfigFile,
  loadConfig,
  type ParseOptions,
  parseConfig,
  readConfigFile,
} from './config.js'
export { joinParts } from './logging/joined-parts.js'
export { createLogger, describeFault, type LineSink, logHook } from './logging/logger.js'
export { readinessOf, withOperations } from './operations.js'
export { openState, type State, type StateOptions } from './parts.js'
export { createDataKey, withOpenedKeys } from './sealing/kms-keys.js'
export { type ConfiguredKey, sealerOf, sealingKeysOf } from './sealing/sealer.js'
export { isStorageKept, keepApplyingSeeds, type Seeding, type SeedLog } from './seeds.js'
