import { createDataKey } from '@proxy/composition'
import { readOptions, refuseMore } from '../arguments.js'
import { readConfig } from '../command-state.js'

/** A new data key, wrapped by the KMS key of the configuration: for `encryption.kms.dataKeys`. */
export async function makeDataKey(args: readonly string[]): Promise<string> {
  const { values, positionals } = readOptions(args, {})
  refuseMore(positionals)
  return await createDataKey(readConfig(values.config))
}
