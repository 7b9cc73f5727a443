import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Folders of the workspace that have a package.json, relative to `root`. */
export function workspaceFolders(root) {
  const nested = ['packages', 'apps', 'tests'].flatMap((parent) =>
    namesIn(join(root, parent)).map((name) => `${parent}/${name}`),
  )
  return [...nested, 'benchmarks', 'examples'].filter((folder) => existsSync(join(root, folder, 'package.json')))
}

/** What an installation depends on. */
export function installStamp(root) {
  const manifests = workspaceFolders(root).map((folder) => `${folder}/package.json`)
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}`)
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc', ...manifests]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

/** What a build depends on, by size and time: reading each source would cost as much as asking turbo. */
export function buildStamp(root, installed) {
  const hash = createHash('sha256').update(installed)
  const folders = workspaceFolders(root).filter((folder) => /^(packages|apps)\//.test(folder))
  const shared = ['tsconfig.base.json', 'turbo.json'].map((file) => join(root, file))
  const own = folders.flatMap((folder) => [
    ...['package.json', 'tsconfig.build.json', 'tsup.config.ts'].map((file) => join(root, folder, file)),
    ...filesUnder(join(root, folder, 'src')).filter((file) => !file.endsWith('.test.ts')),
  ])
  for (const file of [...shared, ...own]) {
    const { size, mtimeMs } = statSync(file)
    hash.update(`\0${relative(root, file)} ${size} ${mtimeMs}`)
  }
  return hash.digest('hex')
}

export function readStamp(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

export function writeStamp(path, stamp) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, stamp)
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : [path]
  })
}

function namesIn(folder) {
  return existsSync(folder) ? readdirSync(folder) : []
}
