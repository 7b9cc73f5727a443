import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const keysSchema = z.object({
  encryptionKey: z.string(),
  signingKey: z.string(),
  clientSecret: z.string(),
  demoApiKey: z.string(),
})

/** The secrets of one installation, made once. */
export type InstallationKeys = z.output<typeof keysSchema>

/** The secrets kept in `folder`, which is made, for this user alone, when it is not there. */
export function openDataFolder(folder: string): InstallationKeys {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'keys.json')
  return readKeys(file) ?? makeKeys(file)
}

function readKeys(file: string): InstallationKeys | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  try {
    return keysSchema.parse(JSON.parse(text))
  } catch {
    throw new Error(`${file} is damaged. Delete the folder it is in to begin anew.`)
  }
}

function makeKeys(file: string): InstallationKeys {
  const keys: InstallationKeys = {
    encryptionKey: randomBytes(32).toString('base64'),
    signingKey: randomBytes(32).toString('base64'),
    clientSecret: `demo_${randomBytes(18).toString('base64url')}`,
    demoApiKey: `key_${randomBytes(18).toString('base64url')}`,
  }
  const aside = `${file}.${process.pid}`
  // Of a start that was cut short; in a container all have the same pid.
  rmSync(aside, { force: true })
  const descriptor = openSync(aside, 'wx', 0o600)
  try {
    writeSync(descriptor, `${JSON.stringify(keys, undefined, 2)}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(aside, file)
  return keys
}
