import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  Cancellation,
  type ClientIdentity,
  parseTarget,
  type Transport,
  type UndiciTransportOptions,
  undiciTransport,
} from '@proxy/core'
import { selfSignedCertificate } from '@proxy/test-support'
import { afterEach, describe, expect, it } from 'vitest'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const { certificate, key } = selfSignedCertificate()
const trusted = { ca: [certificate], allowPrivate: ['127.0.0.1'] }

/** What the upstream knows of a request. */
interface Seen {
  readonly host: string | undefined
  readonly servername: string | false | undefined
  readonly protocol: string | null
  readonly clientSerial: string | undefined
  readonly connection: number
}

async function upstream(
  options: ServerOptions = {},
): Promise<{ port: number; seen: Seen[]; connections: () => number }> {
  const seen: Seen[] = []
  const sockets: TLSSocket[] = []
  const server = createServer({ cert: certificate, key, ...options }, (request, response) => {
    const socket = request.socket as TLSSocket & { readonly servername?: string | false }
    seen.push({
      host: request.headers.host,
      servername: socket.servername,
      protocol: socket.getProtocol(),
      clientSerial: socket.getPeerCertificate().serialNumber,
      connection: sockets.indexOf(socket),
    })
    response.end('hello')
  })
  server.on('secureConnection', (socket) => sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port, seen, connections: () => sockets.length }
}

function transport(network: UndiciTransportOptions['network']): Transport {
  const made = undiciTransport(network === undefined ? {} : { network })
  cleanUps.push(() => made.close())
  return made
}

/** The status and body of the answer, or the code of the error. */
async function get(through: Transport, url: string, identity?: ClientIdentity): Promise<unknown> {
  const request = {
    method: 'GET',
    target: parseTarget(url),
    headers: [],
    body: undefined,
    bodyLength: undefined,
    identity,
  }
  try {
    const response = await through.send(request, { headTimeoutMs: 5_000, bodyIdleTimeoutMs: 5_000 }, new Cancellation())
    return `${response.status} ${await response.collect(1_000)}`
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

describe('an upstream with a certificate of a known authority', () => {
  it('is reached under one name: checked host, TLS name, Host', async () => {
    const { port, seen } = await upstream()
    expect(await get(transport(trusted), `https://localhost:${port}/`)).toBe('200 hello')
    expect(seen).toMatchObject([{ host: `localhost:${port}`, servername: 'localhost', protocol: 'TLSv1.3' }])
  })

  it('is reached by its address, which is no TLS name', async () => {
    const { port, seen } = await upstream()
    expect(await get(transport(trusted), `https://127.0.0.1:${port}/`)).toBe('200 hello')
    expect(seen).toMatchObject([{ host: `127.0.0.1:${port}`, servername: false }])
  })

  it('is refused under a name that the certificate does not have', async () => {
    const { port, seen } = await upstream()
    const hosts = { 'api.example.com': '127.0.0.1' }
    expect(await get(transport({ ...trusted, hosts }), `https://api.example.com:${port}/`)).toBe('upstream_tls')
    expect(seen).toEqual([])
  })

  it('is reached with TLS 1.2 and refused with 1.1', async () => {
    const { port, seen } = await upstream({ maxVersion: 'TLSv1.2' })
    expect(await get(transport(trusted), `https://localhost:${port}/`)).toBe('200 hello')
    expect(seen).toMatchObject([{ protocol: 'TLSv1.2' }])
    const old = await upstream({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
    expect(await get(transport(trusted), `https://localhost:${old.port}/`)).toBe('upstream_tls')
  })
})

describe('an upstream with a certificate of nobody', () => {
  it('is refused, also where the environment says that nothing is verified', async () => {
    const { port, seen } = await upstream()
    const untrusting = transport({ allowPrivate: ['127.0.0.1'] })
    expect(await get(untrusting, `https://localhost:${port}/`)).toBe('upstream_tls')
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    try {
      expect(await get(untrusting, `https://localhost:${port}/`)).toBe('upstream_tls')
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    }
    expect(seen).toEqual([])
  })

  it('is refused when another authority is named, and a text that is none is refused at once', async () => {
    const { port } = await upstream()
    const other = selfSignedCertificate().certificate
    expect(await get(transport({ ...trusted, ca: [other] }), `https://localhost:${port}/`)).toBe('upstream_tls')
    expect(() =>
      undiciTransport({ network: { ca: ['-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----'] } }),
    ).toThrow()
  })
})

describe('an upstream that asks for a certificate', () => {
  const first = selfSignedCertificate()
  const second = selfSignedCertificate()
  const strict = { requestCert: true, rejectUnauthorized: true, ca: [first.certificate] }
  const identityOf = (own: { certificate: string; key: string }): ClientIdentity => ({
    certificate: own.certificate,
    privateKey: own.key,
    certificateAuthority: certificate,
  })

  it('is shown the one of the account, on a connection of its own', async () => {
    const { port, seen } = await upstream({ requestCert: true, rejectUnauthorized: false })
    const shared = transport({ allowPrivate: ['127.0.0.1'] })
    const url = `https://localhost:${port}/`
    const identities = [identityOf(first), identityOf(second)]
    for (const identity of [...identities, ...identities]) expect(await get(shared, url, identity)).toBe('200 hello')
    const serials = seen.map(({ clientSerial }) => clientSerial)
    expect(serials[0]).not.toBe(serials[1])
    expect(serials.slice(2)).toEqual(serials.slice(0, 2))
    expect(seen.map(({ connection }) => connection)).toEqual([0, 1, 0, 1])
  })

  it('takes a call with it, and none without one or with one that it does not know', async () => {
    const { port, seen } = await upstream(strict)
    const url = `https://localhost:${port}/`
    expect(await get(transport(trusted), url, identityOf(first))).toBe('200 hello')
    expect(await get(transport(trusted), url)).toMatch(/^upstream_(connect|tls)$/)
    expect(await get(transport(trusted), url, identityOf(selfSignedCertificate()))).toMatch(/^upstream_(connect|tls)$/)
    expect(seen).toHaveLength(1)
  })

  it('is not reached with a certificate that cannot be read', async () => {
    const { port, connections } = await upstream(strict)
    const broken = { ...identityOf(first), privateKey: 'no key' }
    expect(await get(transport(trusted), `https://localhost:${port}/`, broken)).toBe('account_config_invalid')
    const mixed = { ...identityOf(first), privateKey: second.key }
    expect(await get(transport(trusted), `https://localhost:${port}/`, mixed)).toBe('account_config_invalid')
    expect(connections()).toBe(0)
  })
})
