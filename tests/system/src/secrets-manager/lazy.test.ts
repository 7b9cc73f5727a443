import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const composition = fileURLToPath(new URL('../../../../packages/composition/dist/index.js', import.meta.url))

it('the AWS SDK is loaded by configurations that need it alone', async () => {
  const { metafile } = await build({
    entryPoints: [composition],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    write: false,
    outdir: 'unwritten',
    metafile: true,
    external: ['@aws-sdk/*'],
    logLevel: 'silent',
  })
  const outputs = new Map(Object.entries(metafile.outputs))
  const usersOf = (output: string, seen = new Set<string>()): ReadonlySet<string> => {
    if (seen.has(output)) return seen
    seen.add(output)
    for (const { path, kind } of outputs.get(output)?.imports ?? [])
      if (kind === 'import-statement') usersOf(path, seen)
    return seen
  }
  const isAws = (name: string): boolean => name.startsWith('@aws-sdk/')
  const [entry = ''] =
    [...outputs].find(([, { entryPoint }]) => entryPoint?.endsWith('composition/dist/index.js')) ?? []
  expect([...usersOf(entry)].filter(isAws)).toEqual([])
  expect([...outputs.keys()].flatMap((output) => [...usersOf(output)]).some(isAws)).toBe(true)
})
