import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openDataFolder } from './data-folder.js'

const folder = mkdtempSync(join(tmpdir(), 'data-folder-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('makes its secrets once', () => {
  const keys = openDataFolder(join(folder, 'new'))
  expect(Buffer.from(keys.encryptionKey, 'base64')).toHaveLength(32)
  expect(openDataFolder(join(folder, 'new'))).toEqual(keys)
})

it('makes them after a start of the same pid that was cut short in it', () => {
  const rest = join(folder, `keys.json.${process.pid}`)
  writeFileSync(rest, '{')
  const keys = openDataFolder(folder)
  expect(openDataFolder(folder)).toEqual(keys)
  expect(existsSync(rest)).toBe(false)
})
