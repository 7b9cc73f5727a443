import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { command, temporaryFolder } from './server/command.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The shell blocks of a page, as a reader pastes them. */
function shellBlocks(page: string): string[] {
  return [...read(page).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
}

interface Ran {
  readonly status: number | string
  readonly output: string
}

/** Runs a block in a folder where the clone's `apps` is at hand. */
async function run(block: string, folder: string): Promise<Ran> {
  const child = spawn('sh', ['-e', '-c', block], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [status, signal] = await once(child, 'close')
  return { status: status ?? signal, output }
}

function cloneLike(): string {
  const folder = temporaryFolder()
  symlinkSync(join(root, 'apps'), join(folder, 'apps'))
  return folder
}

/** `npm start` in the clone, until its welcome. It is ended as Ctrl-C would. */
async function npmStart(args: string): Promise<string> {
  const child = spawn('npm', ['start', ...args.split(' ').filter((word) => word !== '')], {
    cwd: root,
    env: { ...process.env, PORT: '0', DATA_FOLDER: temporaryFolder() },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const end = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    process.kill(-child.pid, signal)
  }
  onTestFinished(() => end('SIGKILL'))
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output += chunk.toString()
      if (/To stop: Ctrl-C\.\n/.test(output)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('close', (status) => (status === 0 ? resolve() : reject(new Error(`ended with ${status}:\n${output}`))))
  })
  if (child.exitCode === null && child.signalCode === null) {
    end('SIGINT')
    await once(child, 'close')
  }
  return output
}

const initAndCheck = 'node apps/node-server/dist/cli.js init\nnode apps/node-server/dist/cli.js check\n'

/** How each block is shown to work. A block that is not here fails the test that looks for it. */
const proofs: Readonly<Record<string, (block: string) => Promise<void>>> = {
  async 'npm start\n'() {
    const welcome = await npmStart('')
    const [token, call] = welcome.split('\n').filter((line) => /^(TOKEN=|curl )/.test(line))
    expect(token).toContain('/v1/oauth/token')
    expect(call).toContain('/v1/connect/proj_demo/proxy/')
  },
  async 'npm test\n'() {
    // It is what runs this.
    expect(JSON.parse(read('package.json')).scripts.test).toBeDefined()
  },
  async [initAndCheck](block) {
    const folder = cloneLike()
    const { status, output } = await run(block, folder)
    expect(output).toContain('proxy.config.yaml is fine.')
    expect(status).toBe(0)
    await serveAndCreate(folder)
  },
}

const proven = new Map<string, Promise<void>>()

/** Once for all pages that have the block. */
function prove(block: string): Promise<void> {
  const proof = proven.get(block) ?? proofs[block]?.(block) ?? Promise.resolve()
  proven.set(block, proof)
  return proof
}

const createAccount = shellBlocks('docs/getting-started.md').find((block) => block.includes('cfmap_json')) ?? ''

/** The next step of the guide: the server with that configuration, and an account through its API. */
async function serveAndCreate(folder: string): Promise<void> {
  const file = join(folder, 'proxy.config.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('port: 3000', 'port: 0'))
  const server = command(['serve'], { folder })
  const [, port = ''] = /"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(await server.until(/"msg":"listening"/)) ?? []
  const { status, output } = await run(createAccount.replaceAll(':3000', `:${port}`), folder)
  expect(status).toBe(0)
  expect(JSON.parse(output)).toMatchObject({ id: expect.stringMatching(/^apn_/), app: { name_slug: 'acme' } })
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
}

describe.each(['README.md', 'docs/getting-started.md'])('%s', (page) => {
  let blocks: string[] = []
  beforeAll(() => {
    blocks = shellBlocks(page).filter((block) => block !== createAccount)
  })

  it('has commands, and each of them works', async () => {
    expect(blocks.length).toBeGreaterThan(0)
    for (const block of blocks) {
      expect(Object.keys(proofs)).toContain(block)
      await prove(block)
    }
  }, 120_000)

  it('leads to files that are there', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => path)
    const folder = page.includes('/') ? 'docs' : '.'
    expect(links.filter((path) => !existsSync(join(root, folder, path)))).toEqual([])
  })
})

it('the README names every package, and no other', () => {
  const named = [...read('README.md').matchAll(/\]\(((?:packages|apps)\/[^)]+)\)/g)].map(([, path]) => path)
  const existing = ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent))
      .map((name) => `${parent}/${name}`)
      .filter((path) => existsSync(join(root, path, 'package.json'))),
  )
  expect([...new Set(named)].sort()).toEqual(existing.sort())
})
