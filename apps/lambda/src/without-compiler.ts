import { config } from 'zod'

/**
 * To be imported before anything that makes schemas: compiling them pays off after many checks, and a configuration is
 * checked once.
 */
config({ jitless: true })
