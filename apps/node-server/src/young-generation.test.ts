import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'tsup'
import { afterAll, beforeAll, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'young-generation-'))
const mebibyte = 1024 * 1024
const nodeMajor = Number(process.versions.node.split('.')[0])

beforeAll(async () => {
  await build({
    config: false,
    entry: [fileURLToPath(new URL('young-generation.ts', import.meta.url))],
    outDir: folder,
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    platform: 'node',
    silent: true,
  })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** MiB of the young generation of a process that keeps much of what it makes for a while, a second later. */
async function sizeUnderLoad(first: string, options: readonly string[] = []): Promise<number> {
  const script = join(folder, `load-${Math.random()}.mjs`)
  const own = pathToFileURL(join(folder, 'young-generation.mjs')).href
  writeFileSync(
    script,
    `import { getHeapSpaceStatistics } from 'node:v8'
    import { boundYoungGeneration } from '${own}'
    ${first}
    const kept = Array.from({ length: 400_000 }, () => ({}))
    const startedAt = performance.now()
    for (let next = 0; performance.now() - startedAt < 1_500; ) {
      for (let made = 0; made < 20_000; made += 1) kept[next++ % kept.length] = { text: 'x' + next, list: [next, next] }
      await new Promise((resolve) => setImmediate(resolve))
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size)`,
  )
  const { stdout } = await promisify(execFile)(process.execPath, [...options, script])
  return Number(stdout) / mebibyte
}

it('the young generation stays at two halves of 16 MiB', async () => {
  expect(await sizeUnderLoad('boundYoungGeneration()')).toBeLessThan(34)
})

it.runIf(nodeMajor >= 24)('and grows beyond without it', async () => {
  expect(await sizeUnderLoad('')).toBeGreaterThan(60)
})

it.runIf(nodeMajor >= 24)('a size on the command line is kept', async () => {
  expect(await sizeUnderLoad('boundYoungGeneration()', ['--max-semi-space-size=64'])).toBeGreaterThan(60)
})
