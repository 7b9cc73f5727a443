export { kmsClient } from './client.js'
export type { DataKeys, DataKeysOptions } from './data-keys.js'
export { kmsDataKeys } from './data-keys.js'
export { KmsFault } from './kms-fault.js'
