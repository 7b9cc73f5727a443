import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isOrphan } from './ancestors.mjs'
import { cleanEnvironment, root, stateFolder } from './environment.mjs'
import { takeLock } from './lock.mjs'
import { say } from './messages.mjs'
import { runForeground } from './processes.mjs'
import { buildStamp, installStamp, readStamp, workspaceFolders, writeStamp } from './stamp.mjs'

const installedFile = join(stateFolder, 'installed')
const builtFile = join(stateFolder, 'built')

/** A step of the set-up failed, or was ended by a signal. */
class SetUpError extends Error {
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

/** Brings the clone to where its commands run: pnpm, dependencies and, unless `build` is false, the built apps. */
export async function bootstrap({ build = true } = {}) {
  if (isReady(build)) return
  const lock = await takeLock(join(stateFolder, 'lock'), {
    onWait: (pid) => say(`waiting for process ${pid} to set up …`),
    onPoll: () => {
      if (isOrphan()) throw new SetUpError('The process that started the set-up is gone.', 1)
    },
  })
  try {
    await getPackageManager(lock)
    await installDependencies(lock)
    if (build) await buildApps(lock)
  } finally {
    lock.release()
  }
}

function isReady(build) {
  const installed = installStamp(root)
  return readStamp(installedFile) === installed && (!build || isBuilt(installed))
}

function isBuilt(installed) {
  return (
    readStamp(builtFile) === buildStamp(root, installed) && appFolders().every((app) => existsSync(join(app, 'dist')))
  )
}

function appFolders() {
  return workspaceFolders(root)
    .filter((folder) => folder.startsWith('apps/'))
    .map((folder) => join(root, folder))
}

async function getPackageManager(lock) {
  const tools = join(root, '.tools')
  const wanted = readManifest(tools).dependencies.pnpm
  const pnpm = join(tools, 'node_modules/pnpm')
  if (existsSync(join(pnpm, 'package.json')) && readManifest(pnpm).version === wanted) return
  say(`getting pnpm ${wanted} …`)
  const npm = process.env.npm_execpath ?? ''
  const [command, args] = /npm-cli\.c?js$/.test(npm) ? [process.execPath, [npm]] : ['npm', []]
  await runStep(lock, command, [
    ...args,
    'ci',
    '--prefix',
    tools,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
  ])
}

async function installDependencies(lock) {
  const installed = installStamp(root)
  if (readStamp(installedFile) === installed && existsSync(join(root, 'node_modules/.modules.yaml'))) return
  say('installing dependencies …')
  await runStep(lock, process.execPath, [
    join(root, '.tools/node_modules/pnpm/bin/pnpm.cjs'),
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
    '--config.confirm-modules-purge=false',
  ])
  writeStamp(installedFile, installed)
}

async function buildApps(lock) {
  const installed = installStamp(root)
  if (isBuilt(installed)) return
  say('building …')
  const stamp = buildStamp(root, installed)
  const turbo = join(root, 'node_modules/turbo/bin/turbo')
  await runStep(lock, process.execPath, [turbo, 'run', 'build', '--filter=./apps/*', '--output-logs=errors-only'])
  writeStamp(builtFile, stamp)
  say('built')
}

/** Its output goes to stderr: stdout belongs to the command that the user asked for. */
async function runStep(lock, command, args) {
  const status = await runForeground(command, args, {
    cwd: root,
    env: cleanEnvironment(),
    stdio: ['ignore', process.stderr, process.stderr],
    onStart: lock.shareWith,
  })
  if (status !== 0) throw new SetUpError(`Setting up failed: ${args.join(' ')} ended with status ${status}.`, status)
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
