import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workspaceFolders } from './bootstrap/stamp.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Run {
  readonly status: number
  readonly output: string
}

/** A workspace in a temporary folder with this one's rules and the given files in it. */
async function plant(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'boundaries-'))
  const rules = [
    'biome.json',
    'biome.boundaries.json',
    'turbo.json',
    'package.json',
    'pnpm-workspace.yaml',
    '.gitignore',
  ]
  for (const rule of rules) await copyFile(join(root, rule), join(folder, rule))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

function run(folder: string, tool: string, args: readonly string[]): Promise<Run> {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', NO_COLOR: '1', XDG_CACHE_HOME: folder }
  return new Promise((resolve) => {
    const command = [join(root, 'node_modules', tool), ...args]
    execFile(process.execPath, command, { cwd: folder, env }, (error, stdout, stderr) =>
      // Turbo breaks its lines and draws a bar before each.
      resolve({ status: error === null ? 0 : 1, output: (stdout + stderr).replace(/[\s|]+/g, ' ') }),
    )
  })
}

/** Each rule with an import that breaks it, beside one that keeps it: file, what it imports, whether it may. */
const imports: ReadonlyArray<readonly [rule: string, file: string, source: string, allowed: boolean]> = [
  ['1: core imports no workspace package', 'packages/core/src/a.ts', '@proxy/storage-memory', false],
  ['1: core imports no workspace package', 'packages/core/src/b.test.ts', '@proxy/conformance', false],
  ['1: core imports no workspace package', 'packages/core/src/transport/c.ts', '@proxy/core/fetch', false],
  ['1: core imports no workspace package', 'packages/core/src/d.ts', 'node:stream', true],
  ['2: a dialect imports the core', 'packages/dialect-nango/src/a.ts', '@proxy/dialect-pipedream', false],
  ['2: a dialect imports the core', 'packages/dialect-nango/src/b.ts', '@proxy/storage-memory', false],
  ['2: a dialect imports the core', 'packages/dialect-nango/src/c.ts', '@proxy/core', true],
  ['2: a dialect imports the core', 'packages/dialect-nango/src/d.ts', '@proxy/core/fetch', true],
  ['2: a dialect imports its libraries', 'packages/dialect-nango/src/e.ts', 'hono', true],
  [
    '2: a dialect is tested on the memory storage',
    'packages/dialect-nango/src/f.test.ts',
    '@proxy/storage-memory',
    true,
  ],
  [
    '2: a dialect is tested on the memory storage',
    'packages/dialect-nango/src/g.test.ts',
    '@proxy/runtime-node',
    false,
  ],
  ['2: a storage imports the core', 'packages/storage-memory/src/a.ts', '@proxy/runtime-node', false],
  ['2: a runtime imports the core', 'packages/runtime-node/src/a.ts', '@proxy/storage-memory', false],
  ['2: the token exchange imports the core', 'packages/oauth/src/a.ts', '@proxy/storage-memory', false],
  ['2: the token exchange imports the core', 'packages/oauth/src/b.ts', '@proxy/core', true],
  ['3: contracts are for tests', 'packages/storage-memory/src/b.ts', '@proxy/conformance', false],
  ['3: contracts are for tests', 'apps/node-server/src/a.ts', '@proxy/conformance', false],
  ['3: contracts are for tests', 'packages/storage-memory/src/c.test.ts', '@proxy/conformance', true],
  ['3: contracts are for tests', 'apps/node-server/src/b.test.ts', '@proxy/conformance', true],
  ['4: nobody imports an app', 'packages/runtime-node/src/b.ts', '@proxy/node-server', false],
  ['4: nobody imports an app', 'examples/src/a.ts', '@proxy/node-server', false],
  ['4: nobody imports an app', 'tests/system/src/a.test.ts', '@proxy/node-server', false],
  ['4: nobody imports an app', 'packages/composition/src/a.ts', '@proxy/lambda', false],
  ['4: apps compose', 'apps/node-server/src/c.ts', '@proxy/dialect-pipedream', true],
  ['4: apps share what they compose', 'packages/composition/src/b.ts', '@proxy/storage-redis', true],
  ['4: apps share what they compose', 'packages/runtime-node/src/d.ts', '@proxy/composition', false],
  ['5: only the transport imports undici', 'packages/core/src/e.ts', 'undici', false],
  ['5: only the transport imports undici', 'packages/core/src/steps/a.ts', 'undici', false],
  ['5: only the transport imports undici', 'packages/core/src/proxy.ts', 'undici', false],
  ['5: only the transport imports undici', 'packages/runtime-node/src/c.ts', 'undici', false],
  ['5: only the transport imports undici', 'apps/node-server/src/d.ts', 'undici', false],
  ['5: only the transport imports undici', 'packages/core/src/transport/undici.ts', 'undici', true],
  ['5: only proxy.ts imports steps', 'packages/core/src/f.ts', './steps/inject.js', false],
  ['5: only proxy.ts imports steps', 'packages/core/src/auth/a.ts', '../steps/inject.js', false],
  ['5: only proxy.ts imports steps', 'packages/core/src/transport/d.ts', '../steps/inject.js', false],
  ['5: only proxy.ts imports steps', 'packages/core/src/proxy.test.ts', './steps/inject.js', true],
  ['5: a step imports no step', 'packages/core/src/steps/b.ts', './inject.js', false],
  ['5: a step imports no step', 'packages/core/src/steps/c.ts', '../steps/inject.js', false],
  ['5: a step imports no step', 'packages/core/src/steps/d.ts', '../proxy.js', false],
  ['5: a step imports ports and helpers', 'packages/core/src/steps/e.ts', '../ports/clock.js', true],
  ['5: a step is tested', 'packages/core/src/steps/f.test.ts', './f.js', true],
]

/** Every way to name another module. */
const spellings: Readonly<Record<string, (source: string) => string>> = {
  import: (source) => `import { thing } from '${source}'\nthing()\n`,
  'import type': (source) => `import type { Thing } from '${source}'\nexport const thing: Thing = 1\n`,
  'export from': (source) => `export { thing } from '${source}'\n`,
  'import()': (source) => `export const thing = await import('${source}')\n`,
}

describe('restricted imports', () => {
  const refusals = new Map<string, Set<string>>()

  beforeAll(async () => {
    for (const [spelling, text] of Object.entries(spellings)) {
      const folder = await plant(Object.fromEntries(imports.map(([, file, source]) => [file, text(source)])))
      const only = ['lint', '--only=style/noRestrictedImports', '--max-diagnostics=none', '--reporter=github', '.']
      const { output } = await run(folder, '@biomejs/biome/bin/biome', only)
      await rm(folder, { recursive: true })
      const found = [...output.matchAll(/noRestrictedImports,file=([^,]+)/g)].map(([, file = '']) => file)
      refusals.set(
        spelling,
        new Set(found.map((file) => file.slice(file.indexOf(basename(folder)) + basename(folder).length + 1))),
      )
    }
  })

  it.each(Object.keys(spellings))('has a let-through and a refusal, spelled with %s', (spelling) => {
    const refused = imports.filter(([, , , allowed]) => !allowed).map(([, file]) => file)
    expect([...(refusals.get(spelling) ?? [])].sort()).toEqual(refused.sort())
  })

  it.each(imports)('%s (%s imports %s: %s)', (_rule, file, _source, allowed) => {
    expect(refusals.get('import')?.has(file)).toBe(!allowed)
  })
})

describe('turbo boundaries', () => {
  const folders: string[] = []

  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true })
  })

  /** A package as the workspace has it: manifest, tags and one source file. */
  function workspacePackage(folder: string, tag: string, dependencies: readonly string[], source = 'export {}\n') {
    const versions = Object.fromEntries(dependencies.map((name) => [name, 'workspace:*']))
    const name = `@proxy/${folder.split('/').at(-1)}`
    return {
      [`${folder}/package.json`]: JSON.stringify({ name, version: '1.0.0', type: 'module', dependencies: versions }),
      [`${folder}/turbo.json`]: JSON.stringify({ extends: ['//'], tags: [tag] }),
      [`${folder}/src/index.ts`]: source,
    }
  }

  async function check(...packages: ReadonlyArray<Readonly<Record<string, string>>>): Promise<Run> {
    const folder = await plant(Object.assign({}, ...packages))
    folders.push(folder)
    return run(folder, 'turbo/bin/turbo', ['boundaries', '--skip-infer'])
  }

  const core = workspacePackage('packages/core', 'core', [])
  const contracts = workspacePackage('packages/conformance', 'contracts', ['@proxy/core'])
  const storage = workspacePackage('packages/storage-one', 'plug', ['@proxy/core'])

  it('lets a plug depend on the core and the contracts, and an app on both', async () => {
    const runtime = workspacePackage('packages/runtime-one', 'plug', ['@proxy/core', '@proxy/conformance'])
    const app = workspacePackage('apps/server', 'app', ['@proxy/core', '@proxy/runtime-one', '@proxy/storage-one'])
    const { status, output } = await check(core, contracts, storage, runtime, app)
    expect(output).toContain('no issues found')
    expect(status).toBe(0)
  })

  it('refuses a core that depends on a package of the workspace', async () => {
    const { status, output } = await check(
      workspacePackage('packages/core', 'core', ['@proxy/other']),
      workspacePackage('packages/other', 'plug', []),
    )
    expect(output).toContain('without any tag listed in allowlist for `@proxy/core`')
    expect(status).toBe(1)
  })

  it('refuses a plug that depends on another plug', async () => {
    const runtime = workspacePackage('packages/runtime-one', 'plug', ['@proxy/storage-one'])
    const { status, output } = await check(core, storage, runtime)
    expect(output).toContain('without any tag listed in allowlist for `@proxy/runtime-one`')
    expect(status).toBe(1)
  })

  it('lets apps alone depend on the composition, which depends on plugs', async () => {
    const composition = workspacePackage('packages/composition', 'composition', ['@proxy/core', '@proxy/storage-one'])
    const app = workspacePackage('apps/server', 'app', ['@proxy/composition'])
    const taken = await check(core, storage, composition, app)
    expect(taken.output).toContain('no issues found')
    const plug = workspacePackage('packages/runtime-one', 'plug', ['@proxy/core', '@proxy/composition'])
    const refused = await check(core, storage, composition, plug)
    expect(refused.output).toContain('without any tag listed in allowlist')
    expect(refused.status).toBe(1)
  })

  it('refuses a package that depends on an app', async () => {
    const app = workspacePackage('apps/server', 'app', [])
    const { status, output } = await check(core, app, workspacePackage('packages/one', 'plug', ['@proxy/server']))
    expect(output).toContain('without any tag listed in allowlist for `@proxy/server`')
    expect(status).toBe(1)
  })

  it("refuses an import of another package's file by path", async () => {
    const source = "export { thing } from '../../core/src/index.js'\n"
    const { status, output } = await check(
      core,
      workspacePackage('packages/storage-one', 'plug', ['@proxy/core'], source),
    )
    expect(output).toContain('leaves the package')
    expect(status).toBe(1)
  })

  it('refuses an import of a package that the manifest does not name', async () => {
    const source = "export { thing } from '@proxy/core'\n"
    const { status, output } = await check(core, workspacePackage('packages/storage-one', 'plug', [], source))
    expect(output).toContain('cannot import package `@proxy/core` because it is not a dependency')
    expect(status).toBe(1)
  })
})

describe('dependencies that reach a user', () => {
  async function dependencies(folder: string): Promise<string[]> {
    const manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))
    return Object.keys(manifest.dependencies ?? {})
  }

  it('are undici alone for the core', async () => {
    expect(await dependencies('packages/core')).toEqual(['undici'])
  })

  const plugs = workspaceFolders(root).filter((folder) => /^packages\/(oauth$|storage-|runtime-|dialect-)/.test(folder))
  it.each(plugs)('are of ours the core alone for %s', async (folder) => {
    const ours = (await dependencies(folder)).filter((name) => name.startsWith('@proxy/'))
    expect(ours).toEqual(['@proxy/core'])
  })

  it.each(workspaceFolders(root))('are without contracts for %s', async (folder) => {
    expect(await dependencies(folder)).not.toContain('@proxy/conformance')
  })
})
