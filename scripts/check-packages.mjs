// Packs every package that is published and looks at the archive as its users will get it: publint, attw, contents.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanEnvironment, root } from './bootstrap/environment.mjs'
import { workspaceFolders } from './bootstrap/stamp.mjs'

const destination = mkdtempSync(join(tmpdir(), 'packages-'))
const env = { ...cleanEnvironment(), NO_COLOR: '1' }
const faults = []

function node(script, args, cwd = root) {
  return execFileSync(process.execPath, [join(root, script), ...args], { cwd, env, encoding: 'utf8', stdio: 'pipe' })
}

function attempt(name, check) {
  try {
    check()
  } catch (error) {
    faults.push(`${name}\n${error.stdout ?? ''}${error.stderr ?? error.message}`)
  }
}

function checkContents(archive) {
  const files = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).trim().split('\n')
  if (!files.includes('package/LICENSE')) throw new Error('The archive has no LICENSE.')
  const strays = files.filter((file) => !/^package\/(dist\/|LICENSE$|NOTICE$|README\.md$|package\.json$)|\.test\./.test(file))
  if (strays.length > 0) throw new Error(`The archive has files that no user needs: ${strays.join(', ')}`)
}

for (const folder of workspaceFolders(root)) {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  if (manifest.private) continue
  process.stderr.write(`${manifest.name}\n`)
  attempt(manifest.name, () => {
    const packed = node(
      '.tools/node_modules/pnpm/bin/pnpm.cjs',
      ['pack', '--json', '--pack-destination', destination],
      join(root, folder),
    )
    const archive = JSON.parse(packed).filename
    attempt(`${manifest.name}: contents`, () => checkContents(archive))
    attempt(`${manifest.name}: publint`, () => node('node_modules/publint/src/cli.js', ['--strict', archive]))
    if (manifest.exports['.'] === undefined) return
    const attw = ['--profile', 'esm-only', '--format', 'ascii', archive]
    attempt(`${manifest.name}: attw`, () => node('node_modules/@arethetypeswrong/cli/dist/index.js', attw))
  })
}
rmSync(destination, { recursive: true })
process.stderr.write(
  faults.length === 0 ? 'All packages are as their users need them.\n' : `\n${faults.join('\n\n')}\n`,
)
process.exitCode = faults.length === 0 ? 0 : 1
