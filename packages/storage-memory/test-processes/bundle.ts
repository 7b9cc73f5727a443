import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

/** Makes one script out of a file of this folder, so that Node runs it from the sources. Resolves to its path. */
export async function bundle(name: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'test-process-'))
  const core = fileURLToPath(new URL('../../core/src/index.ts', import.meta.url))
  await build({
    config: false,
    entry: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))],
    outDir: folder,
    format: 'cjs',
    target: 'node20',
    platform: 'node',
    silent: true,
    noExternal: [/.*/],
    esbuildOptions(options) {
      options.alias = { '@proxy/core': core }
    },
  })
  return join(folder, `${name}.cjs`)
}
