import { configJsonSchema } from '@proxy/composition'

/** The JSON Schema of the configuration file. */
export function schema(): string {
  return JSON.stringify(configJsonSchema(), undefined, 2)
}
