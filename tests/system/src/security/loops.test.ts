import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { rawRequest, startServer, startUpstream } from '@proxy/test-support'
import { expect, it, onTestFinished } from 'vitest'

const key = 'a-static-key-that-is-also-stored'

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

it('a proxy that is its own upstream refuses the call when it comes back', async () => {
  const upstream = await startUpstream()
  onTestFinished(() => upstream.stop())
  const port = await freePort()
  const origins = { itself: `127.0.0.1:${port}`, other: `127.0.0.1:${upstream.port}` }
  const server = await startServer({
    config: {
      server: { port },
      network: { allowPrivate: Object.values(origins) },
      limits: { project: 'none' },
      projects: [{ id: 'proj_1', secretKeys: [{ key }] }],
      apps: Object.entries(origins).map(([name_slug, origin]) => ({
        name_slug,
        name: name_slug,
        auth_type: 'keys',
        custom_fields: [{ name: 'key', type: 'password' }],
        connect: { base_proxy_target_url: `http://${origin}`, allowed_domains: [origin] },
        auth: [{ kind: 'bearer', token: '{{custom_fields.key}}' }],
      })),
      accounts: Object.keys(origins).map((app) => ({
        ...{ project: 'proj_1', environment: 'production', id: `apn_${app}`, external_user_id: 'u', app },
        custom_fields: { key },
      })),
    },
  })
  onTestFinished(() => server.stop())
  const pathTo = (app: string, target: string) =>
    `/v1/connect/proj_1/proxy/${Buffer.from(target).toString('base64url')}?external_user_id=u&account_id=apn_${app}`
  const call = (path: string) => rawRequest(server.url + path, { headers: { authorization: `Bearer ${key}` } })

  expect((await call(pathTo('other', '/x'))).status).toBe(200)
  const [, marker] = /^(1\.1 \S+)$/.exec(upstream.only().values('via').join()) ?? []
  expect(marker).toBeDefined()
  upstream.forget()

  const answer = await call(pathTo('itself', pathTo('other', '/x')))
  expect([answer.status, answer.json()]).toMatchObject([400, { code: 'target_denied' }])
  expect(upstream.requests).toHaveLength(0)
  for (const via of [`${marker}`, `1.0 other, ${marker}`, `1.0 other (x),${marker}, 1.1 more`]) {
    const headers = { authorization: `Bearer ${key}`, via }
    const refused = await rawRequest(server.url + pathTo('other', '/x'), { headers })
    expect([refused.status, refused.json()]).toMatchObject([400, { code: 'target_denied' }])
  }
  for (const via of ['1.1 other', `${marker}-2`, `1.1 other, ${marker}2 (x)`]) {
    const headers = { authorization: `Bearer ${key}`, via }
    expect((await rawRequest(server.url + pathTo('other', '/x'), { headers })).status).toBe(200)
  }
})
