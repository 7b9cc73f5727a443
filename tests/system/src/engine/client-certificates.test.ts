import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { AppDefinition } from '@proxy/core'
import { selfSignedCertificate } from '@proxy/test-support'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from './start-engine.js'

const upstream = selfSignedCertificate()
const known = selfSignedCertificate()
const unknown = selfSignedCertificate()
const seen: (string | undefined)[] = []
let engine: Engine
let stop: () => Promise<unknown>

/** Lets in who shows the one certificate that it knows, and nobody else. */
async function startStrictServer(): Promise<number> {
  const server = createServer(
    {
      cert: upstream.certificate,
      key: upstream.key,
      ca: [known.certificate],
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      seen.push((request.socket as TLSSocket).getPeerX509Certificate()?.toString())
      response.end('welcome')
    },
  )
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stop = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  const port = await startStrictServer()
  const app = (name_slug: string, ca: object): AppDefinition => ({
    name_slug,
    name: name_slug,
    auth_type: 'keys',
    custom_fields: ['client_certificate', 'client_private_key', 'authority'].map((name) => ({
      name,
      type: 'password',
    })),
    connect: { base_proxy_target_url: `https://localhost:${port}` },
    auth: [{ kind: 'mtls', ...ca }],
  })
  const account = (
    id: string,
    certificate: string,
    key: string,
    authority: string | undefined = upstream.certificate,
  ) => ({
    id: `apn_${id}`,
    app: 'own_authority',
    customFields: { client_certificate: certificate, client_private_key: key, authority },
  })
  const good = account('good', known.certificate, known.key)
  engine = await startEngine({
    apps: [app('own_authority', { ca: '{{custom_fields.authority}}' }), app('usual_authorities', {})],
    accounts: [
      good,
      account('line', known.certificate.replaceAll('\n', '\\n'), known.key.replaceAll('\n', '\\n')),
      account('stranger', unknown.certificate, unknown.key),
      account('mixed', known.certificate, unknown.key),
      account('swapped', known.key, known.certificate),
      account('garbage', 'no certificate', 'no key'),
      account('bad_authority', known.certificate, known.key, 'no authority'),
      account('other_authority', known.certificate, known.key, unknown.certificate),
      { ...good, id: 'apn_usual', app: 'usual_authorities' },
    ],
    allowPrivate: [`127.0.0.1:${port}`],
  })
})

afterAll(async () => {
  await engine.close()
  await stop()
})

beforeEach(() => {
  seen.length = 0
})

async function call(account: string): Promise<string> {
  const answer = await engine.call({ target: '/', account: `apn_${account}` })
  return `${answer.status} ${answer.header('x-code') ?? answer.body}`
}

describe('an upstream that demands a client certificate', () => {
  it.each(['good', 'line'])('lets in the account %s that has it', async (account) => {
    expect(await call(account)).toBe('200 welcome')
    expect(seen.map((text) => text?.trim())).toEqual([known.certificate.trim()])
  })

  it('refuses another certificate, which is the upstream’s word', async () => {
    expect(await call('stranger')).toMatch(/^502 upstream_(?:tls|connect|protocol)$/)
    expect(seen).toEqual([])
  })

  it.each(['mixed', 'swapped', 'garbage', 'bad_authority'])(
    'is not called for %s, and the account is named wrong',
    async (account) => {
      const answer = await engine.call({ target: '/', account: `apn_${account}` })
      expect([answer.status, answer.header('x-code')]).toEqual([422, 'account_config_invalid'])
      expect(String(answer.body)).not.toMatch(/no certificate|no key|no authority|BEGIN/)
      expect(seen).toEqual([])
    },
  )

  it.each(['other_authority', 'usual'])(
    'is not called when its own certificate is not trusted: %s',
    async (account) => {
      expect(await call(account)).toBe('502 upstream_tls')
      expect(seen).toEqual([])
    },
  )
})
