import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RawAnswer, rawRequest, startServer } from '@proxy/test-support'
import { expect, it, onTestFinished } from 'vitest'

const key = 'nango-secret-key-of-development-9c1e'
const headers = { authorization: `Bearer ${key}`, 'provider-config-key': 'tenants', 'connection-id': 'c1' }

/** A name server that answers nothing and counts what it is asked. */
async function startNameServer(): Promise<{ readonly address: string; readonly queries: number }> {
  const socket = createSocket('udp4')
  let queries = 0
  socket.on('message', () => {
    queries += 1
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return {
    address: `127.0.0.1:${socket.address().port}`,
    get queries() {
      return queries
    },
  }
}

/** Starts a server with this base on storage that lasts, and ends it after `act`. */
async function during(folder: string, nameServer: string, base: string, act: (url: string) => Promise<RawAnswer>) {
  const server = await startServer({
    config: {
      storage: { kind: 'memory', file: join(folder, 'proxy.db'), plaintext: true },
      network: { dnsServers: [nameServer] },
      limits: { headTimeout: '1s' },
      projects: [{ id: 'proj_nango', secretKeys: [{ environment: 'development', key }] }],
      apps: [
        {
          name_slug: 'tenants',
          name: 'Tenants',
          auth_type: 'keys',
          custom_fields: [
            { name: 'tenant', format: 'host-label', optional: true },
            { name: 'api_key', type: 'password' },
          ],
          connect: { base_proxy_target_url: base },
          auth: [{ kind: 'bearer', token: '{{custom_fields.api_key}}' }],
        },
      ],
    },
  })
  try {
    return await act(server.url)
  } finally {
    await server.stop()
  }
}

it('a base whose value the connection lacks is a 4xx that names it, before any name is looked up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'missing-values-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const names = await startNameServer()
  const call = (url: string) => rawRequest(`${url}/proxy/x`, { headers })
  // The connection is made while the app does not need the value yet.
  const made = await during(folder, names.address, 'https://api.tenants-invented.com', (url) =>
    rawRequest(`${url}/connections`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({
        provider_config_key: 'tenants',
        connection_id: 'c1',
        credentials: { type: 'API_KEY', apiKey: 'canary-key' },
      }),
    }),
  )
  expect(made.status).toBe(201)
  const answer = await during(folder, names.address, 'https://{{custom_fields.tenant}}.tenants-invented.com', call)
  expect([answer.status, answer.headers['x-proxy-error'], names.queries]).toEqual([422, 'invalid_connection_config', 0])
  expect(answer.text()).toContain('tenant')
  expect(answer.text()).not.toContain('canary')

  // With the base that needs nothing the name is looked up.
  const other = await during(folder, names.address, 'https://api.tenants-invented.com', call)
  expect([502, 504]).toContain(other.status)
  expect(['upstream_dns', 'upstream_timeout']).toContain(other.headers['x-proxy-error'])
  expect(names.queries).toBeGreaterThan(0)
})
