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

/** MiB of the young generation of a process that makes a lot in one turn while it starts, and then more under load. */
async function sizeUnderLoad({
  start = '',
  listening = '',
  turn = 'make(20_000)',
  options = [] as readonly string[],
}): Promise<number> {
  const script = join(folder, `load-${Math.random()}.mjs`)
  const own = pathToFileURL(join(folder, 'young-generation.mjs')).href
  writeFileSync(
    script,
    `import { getHeapSpaceStatistics } from 'node:v8'
    import { growYoungGeneration, holdYoungGeneration } from '${own}'
    const kept = new Array(400_000)
    let next = 0
    function make(count) {
      for (let made = 0; made < count; made += 1) kept[next++ % kept.length] = { text: 'x' + next, list: [next, next] }
    }
    ${start}
    make(2_000_000)
    ${listening}
    for (const startedAt = performance.now(); performance.now() - startedAt < 3_000; ) {
      ${turn}
      await new Promise((resolve) => setImmediate(resolve))
    }
    // What lives on through a collection may take pages beyond the size until the next one.
    kept.fill(undefined)
    for (let turn = 0; turn < 50; turn += 1) {
      for (let made = 0; made < 20_000; made += 1) kept[0] = { text: 'x' + made, list: [made, made] }
      await new Promise((resolve) => setImmediate(resolve))
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size)`,
  )
  const { stdout } = await promisify(execFile)(process.execPath, [...options, script])
  return Number(stdout) / mebibyte
}

const both = { start: 'holdYoungGeneration()', listening: 'growYoungGeneration()' }

it('the young generation grows to two halves of 16 MiB and no further', async () => {
  const size = await sizeUnderLoad(both)
  expect(size).toBeGreaterThan(30)
  expect(size).toBeLessThan(34)
})

it('and not while bodies are streamed', async () => {
  // As much in small things as lets it grow where there are no buffers, by the tests above.
  const turn = 'make(20_000); for (let made = 0; made < 500; made += 1) Buffer.allocUnsafeSlow(65_536)'
  expect(await sizeUnderLoad({ ...both, turn })).toBeLessThan(10)
})

it('and not before the server listens', async () => {
  expect(await sizeUnderLoad({ start: both.start })).toBeLessThan(30)
})

it.runIf(nodeMajor >= 24)('left alone it grows to several times that', async () => {
  expect(await sizeUnderLoad({})).toBeGreaterThan(60)
})

it.runIf(nodeMajor >= 24).each(['--max-semi-space-size=64', '--max_semi_space_size=64'])(
  'a size on the command line is kept: %s',
  async (option) => {
    expect(await sizeUnderLoad({ ...both, options: [option] })).toBeGreaterThan(60)
  },
)
