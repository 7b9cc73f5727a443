import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startUpstream } from '@proxy/test-support'
import { expect, it, onTestFinished } from 'vitest'
import { command, temporaryFolder } from '../server/command.js'

const key = 'static-key-of-a-test'

/** A configuration with a sound app, a faulty one that has a name of the catalogue, and an account of each. */
async function configuration(): Promise<{ folder: string; port: number }> {
  const upstream = await startUpstream()
  onTestFinished(() => upstream.stop())
  const folder = temporaryFolder()
  const account = { project: 'proj_1', environment: 'development', external_user_id: 'user-1' }
  const app = { auth_type: 'none', auth: [{ kind: 'none' }] }
  const base = `http://127.0.0.1:${upstream.port}`
  const config = {
    server: { port: 0 },
    network: { allowPrivate: [`127.0.0.1:${upstream.port}`] },
    projects: [{ id: 'proj_1', secretKeys: [{ environment: 'development', key }] }],
    apps: [
      { name_slug: 'sound', name: 'Sound', ...app, connect: { base_proxy_target_url: base } },
      { name_slug: 'slack', name: 'Own Slack', ...app, connect: { allowed_domains: ['*.com'] } },
    ],
    accounts: [
      { ...account, id: 'apn_1', app: 'sound' },
      { ...account, id: 'apn_2', app: 'slack' },
    ],
  }
  writeFileSync(join(folder, 'proxy.config.yaml'), JSON.stringify(config, undefined, 1))
  return { folder, port: upstream.port }
}

it('a faulty app is left out and told, and the others work', async () => {
  const { folder } = await configuration()
  const server = command(['serve'], { folder })
  const [, url = ''] = /"url":"([^"]+)"/.exec(await server.until(/"url":"[^"]+".*"listening"/)) ?? []
  const log = server.output.out
  expect(log).toMatch(/apps\[1\]\.connect\.allowed_domains\[0\]: must not open the whole of com.*"left out"/)
  expect(log).toMatch(/accounts\[1\]: is left out, because its app slack is.*"left out"/)
  const authorization = { authorization: `Bearer ${key}` }
  const call = (account: string) => {
    const target = Buffer.from('/x').toString('base64url')
    const query = new URLSearchParams({ external_user_id: 'user-1', account_id: account })
    return fetch(`${url}/v1/connect/proj_1/proxy/${target}?${query}`, { headers: authorization })
  }
  expect((await call('apn_1')).status).toBe(200)
  expect((await call('apn_2')).status).toBe(404)
  // What was meant to replace an entry of the catalogue must not leave its calls to that entry.
  expect((await fetch(`${url}/v1/connect/apps/slack`, { headers: authorization })).status).toBe(404)
  expect((await fetch(`${url}/v1/connect/apps/hubspot`, { headers: authorization })).status).toBe(200)
})

it('a faulty app keeps a strict server from starting, and check from saying that all is fine', async () => {
  const { folder } = await configuration()
  for (const args of [['serve', '--strict'], ['check']]) {
    const { ended, output } = command(args, { folder })
    expect(await ended).toBe(1)
    expect(output.error).toMatch(/^proxy\.config\.yaml:\d+: apps\[1\]\.connect\.allowed_domains\[0\]: must not open/)
  }
})
