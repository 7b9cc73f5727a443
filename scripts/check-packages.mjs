// Packs every package that is published and looks at the archive as its users will get it: publint, attw, contents.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cleanEnvironment, root } from './bootstrap/environment.mjs'
import { workspaceFolders } from './bootstrap/stamp.mjs'

const destination = mkdtempSync(join(tmpdir(), 'packages-'))
const env = { ...cleanEnvironment(), NO_COLOR: '1' }
const faults = []

async function node(script, args, cwd = root) {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, script), ...args], { cwd, env })
  return stdout
}

async function attempt(name, check) {
  try {
    await check()
  } catch (error) {
    faults.push(`${name}\n${error.stdout ?? ''}${error.stderr ?? error.message}`)
  }
}

const wanted =
  /^package\/(dist\/(?!.*\.test\.)|(LICENSE|NOTICE|THIRD-PARTY-NOTICES\.txt|README\.md|package\.json|template\.yaml|terraform\/main\.tf)$)/

function checkContents(archive) {
  const files = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).trim().split('\n')
  if (!files.includes('package/LICENSE')) throw new Error('The archive has no LICENSE.')
  const strays = files.filter((file) => !wanted.test(file))
  if (strays.length > 0) throw new Error(`The archive has files that no user needs: ${strays.join(', ')}`)
}

async function checkPackage(folder) {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  if (manifest.private) return
  process.stderr.write(`${manifest.name}\n`)
  await attempt(manifest.name, async () => {
    const packed = await node(
      '.tools/node_modules/pnpm/bin/pnpm.cjs',
      ['pack', '--json', '--pack-destination', destination],
      join(root, folder),
    )
    const archive = JSON.parse(packed).filename
    await attempt(`${manifest.name}: contents`, () => checkContents(archive))
    await attempt(`${manifest.name}: publint`, () => node('node_modules/publint/src/cli.js', ['--strict', archive]))
    if (manifest.exports['.'] === undefined) return
    const attw = ['--profile', 'esm-only', '--format', 'ascii', archive]
    await attempt(`${manifest.name}: attw`, () => node('node_modules/@arethetypeswrong/cli/dist/index.js', attw))
  })
}

const folders = workspaceFolders(root)
const checkRest = async () => {
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) await checkPackage(folder)
}
await Promise.all([checkRest(), checkRest()])
rmSync(destination, { recursive: true })
process.stderr.write(
  faults.length === 0 ? 'All packages are as their users need them.\n' : `\n${faults.join('\n\n')}\n`,
)
process.exitCode = faults.length === 0 ? 0 : 1
