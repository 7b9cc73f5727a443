import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  openShell,
  type RunningServer,
  shellBlocks,
  startServer,
  startUpstream,
  type Upstream,
} from '@proxy/test-support'
import { beforeEach, expect, it, onTestFinished } from 'vitest'

const installed = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', '@nangohq')
const secretKey = 'nango-secret-key-of-production-2b7d'
const clientSecret = 'secret-of-the-client-over-there-77'

let upstream: Upstream

beforeEach(async () => {
  upstream = await startUpstream()
  return () => upstream.stop()
})

/** What is moved from: a second instance of this server, which speaks both wire forms. */
async function startSource(oauthApp: string): Promise<RunningServer> {
  const base = { base_proxy_target_url: `http://127.0.0.1:${upstream.port}` }
  const account = {
    project: 'proj_there',
    environment: 'production',
    external_user_id: 'user-1',
    external_id: 'user-1',
  }
  const grant = { oauth_access_token: 'at', oauth_refresh_token: 'rt', expires_at: '2099-01-01T00:00:00Z' }
  const source = await startServer({
    config: {
      network: { allowPrivate: [`127.0.0.1:${upstream.port}`] },
      projects: [
        {
          id: 'proj_there',
          clients: [{ id: 'there', secret: clientSecret }],
          secretKeys: [{ environment: 'production', key: secretKey }],
        },
      ],
      apps: [
        {
          name_slug: 'acme',
          name: 'Acme',
          auth_type: 'keys',
          custom_fields: [{ name: 'api_key', type: 'password' }],
          connect: base,
          auth: [{ kind: 'bearer', token: '{{custom_fields.api_key}}' }],
        },
        { name_slug: oauthApp, name: oauthApp, auth_type: 'oauth', connect: base, auth: [{ kind: 'bearer' }] },
      ],
      accounts: [
        { ...account, id: 'apn_acme1', app: 'acme', custom_fields: { api_key: 'acme-key-1' } },
        { ...account, id: 'apn_grant1', app: oauthApp, credentials: grant },
      ],
    },
  })
  onTestFinished(() => source.stop())
  return source
}

async function freePort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? String(address.port) : ''
}

/** Runs the blocks of a page in one terminal; `api-proxy serve` is started in another. */
async function follow(
  page: string,
  environment: Readonly<Record<string, string>>,
  replaced: Readonly<Record<string, string>>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'moving-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const own = {
    'port: 3000': `port: ${port}`,
    '127.0.0.1:3000': `127.0.0.1:${port}`,
    'https://api.acme.example': `http://127.0.0.1:${upstream.port}`,
    'https://api.shop.example': `http://127.0.0.1:${upstream.port}`,
    // The example's hosts are of this machine here.
    'projects:\n': `network:\n  allowPrivate: ["127.0.0.1:${upstream.port}"]\nprojects:\n`,
    ...replaced,
  }
  // What the registry would give is in place already.
  const npm = `[ "$*" = "install @nangohq/providers" ] && mkdir -p node_modules && ln -s '${installed}' node_modules/@nangohq`
  const shell = openShell({ folder, environment, commands: { npm } })
  onTestFinished(() => shell.close())
  const outputs: string[] = []
  for (const block of shellBlocks(page)) {
    const text = Object.entries(own).reduce((whole, [from, to]) => whole.replaceAll(from, to), block)
    if (block === 'api-proxy serve\n') {
      const server = spawn(join(folder, '.bin', 'api-proxy'), ['serve'], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      onTestFinished(() => void server.kill('SIGKILL'))
      await once(server.stdout, 'data')
      outputs.push('')
      continue
    }
    const ran = await shell.run(text)
    expect({ block, ...ran }).toMatchObject({ block, status: 0 })
    outputs.push(ran.output)
  }
  return { folder, outputs }
}

it('docs/moving-from-nango.md: every command works, in the order of the page', async () => {
  const source = await startSource('github')
  const { folder, outputs } = await follow(
    'docs/moving-from-nango.md',
    { NANGO_SECRET_KEY: secretKey },
    { 'https://api.nango.dev': source.url },
  )
  const [init, , check, dry, moved, , compared, accounts] = outputs
  expect(init).toMatch(/Wrote \S*proxy\.config\.yaml/)
  expect(check).toMatch(
    /proxy\.config\.yaml is fine\.[\s\S]*providers are apps here[\s\S]*\d+ apps of the configuration and \d+ of the catalogue: nothing wrong/,
  )
  expect(dry).toContain('2 created, 0 replaced, 0 unchanged, 0 here already, 0 not taken over. This was a dry run')
  expect(moved).toContain('2 created')
  expect(compared).toContain('"connection_id":"user-1"')
  expect(compared).toContain('"url":"/v1/orders?limit=10"')
  expect(upstream.requests.map((request) => request.values('authorization'))).toEqual([['Bearer acme-key-1']])
  expect(accounts).toMatch(/acme +skipped/)
  expect(readFileSync(join(folder, 'data/proxy.db')).includes('acme-key-1')).toBe(false)
}, 180_000)

it('docs/moving-from-pipedream.md: every command works, in the order of the page', async () => {
  const source = await startSource('shop')
  const { folder, outputs } = await follow(
    'docs/moving-from-pipedream.md',
    {
      PIPEDREAM_PROJECT: 'proj_there',
      PIPEDREAM_ENVIRONMENT: 'production',
      PIPEDREAM_CLIENT_ID: 'there',
      PIPEDREAM_CLIENT_SECRET: clientSecret,
    },
    { 'https://api.pipedream.com': source.url },
  )
  const [, check, , imported, , compared] = outputs
  expect(check).toContain('proxy.config.yaml is fine.')
  expect(imported).toContain('2 accounts, and nothing is wrong with them.')
  expect(imported).toContain('2 created')
  expect(existsSync(join(folder, 'accounts.jsonl'))).toBe(false)
  expect(compared).toContain('"id":"apn_acme1"')
  expect(compared).toContain('"url":"/v1/orders?limit=10"')
  expect(upstream.requests.map((request) => request.values('authorization'))).toEqual([['Bearer acme-key-1']])
}, 180_000)

it('the pages lead to files that are there', () => {
  const docs = fileURLToPath(new URL('../../../docs/', import.meta.url))
  for (const page of [
    'moving-from-nango.md',
    'moving-from-pipedream.md',
    'compatibility.md',
    'connect.md',
    'accounts.md',
  ]) {
    const text = readFileSync(join(docs, page), 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => path)
    expect([page, links.filter((path) => !existsSync(join(docs, path)))]).toEqual([page, []])
  }
})
