import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bundleFolder } from './function/start-function.js'

const files = readdirSync(bundleFolder)
const maxBytes = 1_500_000

describe('the bundle', () => {
  it('is 1.5 MB at most', () => {
    const bytes = files.reduce((sum, name) => sum + statSync(join(bundleFolder, name)).size, 0)
    expect(bytes).toBeGreaterThan(100_000)
    expect(bytes).toBeLessThanOrEqual(maxBytes)
  })

  it('needs nothing but itself and Node', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lambda-bundle-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await cp(bundleFolder, folder, { recursive: true })
    await writeFile(join(folder, 'proxy.config.yaml'), '{}')
    const program = `for (const name of process.argv.slice(1)) await import(name)`
    const paths = files.filter((name) => name.endsWith('.mjs')).map((name) => join(folder, name))
    const environment = { LAMBDA_TASK_ROOT: folder, PATH: process.env.PATH }
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, ...paths], { env: environment })
  })

  it('loads routes, their schemas and token checks when they are needed', () => {
    const entry = readFileSync(join(bundleFolder, 'index.mjs'), 'utf8')
    const eager = [...entry.matchAll(/(?:\bfrom|\bimport)["']\.\/([^"']+)["']/g)].map(([, name]) => name ?? '')
    expect(eager.length).toBeGreaterThan(0)
    expect(eager.filter((name) => /routes|connect|openapi|webapi/.test(name))).toEqual([])
    expect(files.some((name) => name.startsWith('create-routes'))).toBe(true)
  })
})
