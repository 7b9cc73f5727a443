import { z } from 'zod'
import { appSchema } from './app-schema.js'
import { configSchema } from './schema.js'

/** The configuration as a JSON Schema (draft 7, which editors know best). */
export function configJsonSchema(): object {
  const documented = configSchema.extend({ apps: z.array(appSchema).default([]) })
  return {
    ...z.toJSONSchema(documented, { io: 'input', target: 'draft-7' }),
    title: 'Configuration of the authenticated API proxy',
  }
}
