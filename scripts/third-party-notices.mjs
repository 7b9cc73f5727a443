import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const noticeFile = /^(licen[cs]e|copying|notice)/i

// Writes the licence texts of the packages whose code is in a bundle, as their licences ask for that of every copy:
// node third-party-notices.mjs METAFILE FILE. The metafile, esbuild's list of what went into the bundle, is removed.
const [metafile = '', file = ''] = process.argv.slice(2)
const { inputs } = JSON.parse(readFileSync(metafile, 'utf8'))
const folders = new Set(Object.keys(inputs).flatMap((input) => packageFolder(resolve(input)) ?? []))
const notices = new Set([...folders].map(noticeOf).sort())
writeFileSync(file, `${[...notices].join('\n\n')}\n`)
rmSync(metafile)

/** The folder of the installed package that a file belongs to; undefined for code of this repository. */
function packageFolder(file) {
  if (!file.includes('/node_modules/')) return undefined
  for (let folder = dirname(file); !folder.endsWith('/node_modules'); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version !== undefined) return folder
  }
  return undefined
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const texts = readdirSync(folder)
    .filter((file) => noticeFile.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
  return [`${name} ${version} (${license})`, ...texts].join('\n\n')
}
