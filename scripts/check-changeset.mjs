// Each changeset names published packages and tells their users something, and a branch that changes a published
// package has one.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cleanEnvironment, root } from './bootstrap/environment.mjs'
import { workspaceFolders } from './bootstrap/stamp.mjs'
import { changesetFault } from './changesets.mjs'

const folder = join(root, '.changeset')
const options = { cwd: root, env: cleanEnvironment(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }

function isCommit(name) {
  try {
    execFileSync('git', ['rev-parse', '--verify', '--quiet', `${name}^{commit}`], options)
    return true
  } catch {
    return false
  }
}

const published = workspaceFolders(root)
  .map((path) => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')))
  .filter((manifest) => !manifest.private)
  .map((manifest) => manifest.name)
const names = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md')
const faults = names.flatMap((name) => {
  const fault = changesetFault(readFileSync(join(folder, name), 'utf8'), published)
  return fault === undefined ? [] : [`.changeset/${name}: ${fault}`]
})

// A clone of a single commit may have no branch of that name.
const base = [process.env.CHANGESET_BASE, 'origin/main', 'main', 'HEAD'].find((name) => name && isCommit(name))
try {
  const command = [join(root, 'node_modules/@changesets/cli/bin.js'), 'status', `--since=${base}`]
  execFileSync(process.execPath, command, options)
} catch (error) {
  faults.push(`${error.stdout}${error.stderr}`)
}

const verdict = `${names.length} changesets, all fit for a release; nothing since ${base} is without one.`
process.stderr.write(`${faults.length === 0 ? verdict : faults.join('\n')}\n`)
process.exitCode = faults.length === 0 ? 0 : 1
