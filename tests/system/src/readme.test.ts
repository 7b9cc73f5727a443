import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const commands = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
  block.split('\n').filter((line) => line !== ''),
)
const bash = promisify(execFile)

/** A folder that looks like a clone to the commands, so that what they write does not land in this one. */
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readme-'))
  for (const name of ['package.json', 'scripts', 'apps']) await symlink(join(root, name), join(folder, name))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('the README', () => {
  it('has the two commands of a newcomer, and no command that is not tried here', () => {
    expect(commands.slice(0, 2)).toEqual(['npm start', 'npm test'])
    expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts.test).toContain('run.mjs test')
  })

  it.each(commands.filter((command) => command !== 'npm start' && command !== 'npm test'))('%s', async (command) => {
    await bash('bash', ['-ec', command], { cwd: folder })
  })

  it('npm start: what it prints to paste gets an answer with the right credential', { timeout: 60_000 }, async () => {
    const npm = spawn('npm', ['start', '--silent'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = once(npm, 'exit')
    try {
      const banner = await readUntil(npm.stderr, 'To stop: Ctrl-C')
      const paste = banner.split('\n').filter((line) => /^(TOKEN=|curl )/.test(line))
      expect(paste).toHaveLength(2)
      const { stdout } = await bash('bash', ['-ec', paste.join('\n')])
      expect(JSON.parse(stdout)).toMatchObject({ credential: 'right' })
    } finally {
      npm.kill('SIGTERM')
      await ended
    }
  })

  it('points to files that exist', () => {
    const links = [...readme.matchAll(/\]\(((?!https?:)[^)#]+)\)/g)].map(([, link = '']) => link)
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([])
  })

  it('names every package that is published', () => {
    const folders = readdirSync(join(root, 'packages')).filter((name) =>
      existsSync(join(root, 'packages', name, 'package.json')),
    )
    expect(folders.filter((name) => !readme.includes(`(packages/${name})`))).toEqual([])
  })
})

async function readUntil(stream: NodeJS.ReadableStream, end: string): Promise<string> {
  let text = ''
  stream.setEncoding('utf8')
  for await (const chunk of stream) {
    text += chunk
    if (text.includes(end)) {
      stream.resume()
      return text
    }
  }
  throw new Error(`it ended before it said "${end}":\n${text}`)
}
