import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { rawRequest } from '@proxy/test-support'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Command, command, temporaryFolder } from './server/command.js'

const execute = promisify(execFile)

/** The two commands of the banner, verbatim. */
function pasted(banner: string): string {
  const [token, call] = banner.split('\n').filter((line) => /^(TOKEN=|curl )/.test(line))
  return `${token}\n${call}\n`
}

async function started(demo: Command): Promise<string> {
  return await demo.until(/To stop: Ctrl-C\.\n/)
}

async function stop(demo: Command): Promise<void> {
  demo.child.kill('SIGTERM')
  expect(await demo.ended).toBe(0)
}

const secretOf = (banner: string): string => /client_secret=(\S+)/.exec(banner)?.[1] ?? ''
const urlOf = (banner: string): string => /listens on (\S+)/.exec(banner)?.[1] ?? ''

describe('a server without a configuration', () => {
  it.each(['sh', 'bash'])('prints two commands that work when pasted into %s', async (shell) => {
    const demo = command(['serve'], { environment: { PORT: '0' } })
    const { stdout } = await execute(shell, ['-c', pasted(await started(demo))])
    const answer = JSON.parse(stdout)
    expect(answer).toMatchObject({ method: 'GET', path: '/hello', query: 'from=paste', credential: 'right' })
    expect(answer.header_names).toContain('authorization')
    const { demoApiKey } = JSON.parse(readFileSync(join(folderOf(demo), 'keys.json'), 'utf8'))
    expect(stdout).not.toContain(demoApiKey)
    expect(demo.output.out + demo.output.error).not.toContain(demoApiKey)
    await stop(demo)
  })

  it('keeps its secrets and accounts for this user alone, over restarts', async () => {
    const folder = temporaryFolder()
    const first = command(['serve'], { folder, environment: { PORT: '0' } })
    const banner = await started(first)
    const account = await createAccount(urlOf(banner), secretOf(banner))
    expect(account.status).toBe(200)
    await stop(first)
    for (const name of ['keys.json', 'proxy.db']) expect(statSync(join(folder, 'data', name)).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700)

    const second = command(['serve'], { folder, environment: { PORT: '0' } })
    const again = await started(second)
    expect(secretOf(again)).toBe(secretOf(banner))
    const { id } = account.json() as { id: string }
    expect((await readAccount(urlOf(again), secretOf(again), id)).status).toBe(200)
    await stop(second)
  })

  it('has secrets of its own in each installation', async () => {
    const demos = [1, 2].map(() => command(['serve'], { environment: { PORT: '0' } }))
    const secrets = await Promise.all(demos.map(async (demo) => secretOf(await started(demo))))
    expect(new Set(secrets).size).toBe(2)
    await Promise.all(demos.map(stop))
  })

  it('takes another port when its own is taken, and says so; two share a folder', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void taken.close())
    await new Promise((resolve) => taken.once('listening', resolve))
    const address = taken.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const folder = temporaryFolder()
    const first = command(['serve'], { folder, environment: { PORT: String(port) } })
    const banner = await started(first)
    expect(banner).toContain(`(port ${port} is taken)`)
    const second = command(['serve'], { folder, environment: { PORT: String(port) } })
    const other = await started(second)
    expect(other).toContain('what you add here ends with this process')
    for (const text of [banner, other]) {
      const { stdout } = await execute('sh', ['-c', pasted(text)])
      expect(JSON.parse(stdout).credential).toBe('right')
    }
    await Promise.all([stop(first), stop(second)])
  })
})

function folderOf(demo: Command): string {
  return /kept in (\S+)\. Delete/.exec(demo.output.error)?.[1] ?? ''
}

async function tokenOf(url: string, secret: string): Promise<string> {
  const body = JSON.stringify({ grant_type: 'client_credentials', client_id: 'demo', client_secret: secret })
  const headers = { 'content-type': 'application/json' }
  const answer = await rawRequest(`${url}/v1/oauth/token`, { method: 'POST', headers, body })
  return (answer.json() as { access_token: string }).access_token
}

async function createAccount(url: string, secret: string) {
  return await rawRequest(`${url}/v1/connect/proj_demo/accounts?external_user_id=user-2`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await tokenOf(url, secret)}`,
      'x-pd-environment': 'development',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ app_slug: 'demo', cfmap_json: '{"api_key":"mine"}' }),
  })
}

async function readAccount(url: string, secret: string, id: string) {
  const headers = { authorization: `Bearer ${await tokenOf(url, secret)}`, 'x-pd-environment': 'development' }
  return await rawRequest(`${url}/v1/connect/proj_demo/accounts/${id}`, { headers })
}
