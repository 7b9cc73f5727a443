import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { afterEach, describe, expect, it } from 'vitest'
import { type DnsAnswer, startDnsServer } from '../../testing/dns-server.js'
import { type RawUpstream, startRawUpstream } from '../../testing/raw-upstream.js'
import { startStalledListener } from '../../testing/stalled-listener.js'
import { ProxyError } from '../errors.js'
import { type ConnectorOptions, createConnector } from './connector.js'
import { createResolver } from './resolver.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function upstream(): Promise<RawUpstream> {
  const server = await startRawUpstream(() => undefined)
  cleanUps.push(() => server.stop())
  return server
}

async function nameServer(zone: Readonly<Record<string, DnsAnswer>>): Promise<readonly string[]> {
  const server = await startDnsServer(({ name }) => zone[name] ?? 'no-such-name')
  cleanUps.push(() => server.stop())
  return [server.address]
}

function open(url: string, options: ConnectorOptions = {}): Promise<Socket> {
  const { protocol, hostname, port } = new URL(url)
  const bare = hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    createConnector(options)({ protocol, hostname: bare, port }, (error, socket) => {
      if (error !== null) return reject(error)
      cleanUps.push(() => socket.destroy())
      resolve(socket)
    })
  })
}

async function failure(url: string, options: ConnectorOptions = {}): Promise<ProxyError> {
  const error: unknown = await open(url, options).catch((reason: unknown) => reason)
  if (!(error instanceof ProxyError)) throw new Error(`expected a ProxyError, not ${String(error)}`)
  return error
}

describe('a connection to a literal', () => {
  it('is opened where the operator excepts it, and not otherwise', async () => {
    const { port, connections } = await upstream()
    expect((await failure(`http://127.0.0.1:${port}`)).code).toBe('target_denied')
    expect((await failure(`https://127.0.0.1:${port}`)).code).toBe('target_denied')
    expect((await failure(`http://127.0.0.1:${port}`, { allowPrivate: ['127.0.0.1:1'] })).code).toBe('target_denied')
    expect(connections).toHaveLength(0)

    const socket = await open(`http://127.0.0.1:${port}`, { allowPrivate: [`127.0.0.1:${port}`] })
    expect(socket.remoteAddress).toBe('127.0.0.1')
  })

  it.each([
    'http://[::1]:1',
    'http://[::ffff:127.0.0.1]:1',
    'http://[64:ff9b::127.0.0.1]:1',
    'http://0.0.0.0:1',
    'http://2130706433:1',
    'http://0x7f.1:1',
    'http://169.254.169.254',
  ])('%s is denied', async (url) => {
    const error = await failure(url)
    expect(error).toMatchObject({ code: 'target_denied', status: 400 })
    expect(error.message).toBe('The target is not at a public address.')
  })
})

describe('a connection to a name', () => {
  it('goes to what the name server said, when all of that may be reached', async () => {
    const { port, connections } = await upstream()
    const dnsServers = await nameServer({
      'one.example.com': { addresses: ['127.0.0.1'] },
      'mixed.example.com': { addresses: ['127.0.0.1', '10.0.0.1'] },
      'mixed6.example.com': { addresses: ['127.0.0.1', '::1'] },
    })
    const allowPrivate = ['127.0.0.1']
    const socket = await open(`http://one.example.com:${port}`, { allowPrivate, dnsServers })
    expect(socket.remoteAddress).toBe('127.0.0.1')
    for (const name of ['mixed', 'mixed6']) {
      expect((await failure(`http://${name}.example.com:${port}`, { allowPrivate, dnsServers })).code).toBe(
        'target_denied',
      )
    }
    expect((await failure(`http://one.example.com:${port}`, { dnsServers })).code).toBe('target_denied')
    expect(connections).toHaveLength(1)
  })

  it('is checked again when the name moves', async () => {
    const { port, connections } = await upstream()
    let address = '127.0.0.1'
    let now = 0
    const server = await startDnsServer(() => ({ addresses: [address], ttlSeconds: 0 }))
    cleanUps.push(() => server.stop())
    const resolver = createResolver({ dnsServers: [server.address], hostsFile: null, now: () => now })
    const options = { resolver, allowPrivate: ['127.0.0.1'] }
    await open(`http://api.example.com:${port}`, options)
    address = '127.0.0.2'
    now += 1_000
    expect((await failure(`http://api.example.com:${port}`, options)).code).toBe('target_denied')
    address = '127.0.0.1'
    now += 1_000
    await open(`http://api.example.com:${port}`, options)
    expect(connections).toHaveLength(2)
  })

  it('goes to the next address when one refuses', async () => {
    const { port } = await upstream()
    const dnsServers = await nameServer({ 'api.example.com': { addresses: ['127.0.0.2', '127.0.0.3', '127.0.0.1'] } })
    const socket = await open(`http://api.example.com:${port}`, { allowPrivate: ['127.0.0.0/8'], dnsServers })
    expect(socket.remoteAddress).toBe('127.0.0.1')
  })

  it('goes to the next address when one says nothing, without waiting for it to the end', async () => {
    const stalled = await startStalledListener('127.0.0.2')
    const server = await startRawUpstream(() => undefined, stalled.port)
    cleanUps.push(
      () => stalled.stop(),
      () => server.stop(),
    )
    const dnsServers = await nameServer({ 'api.example.com': { addresses: ['127.0.0.2', '127.0.0.1'] } })
    const options = { allowPrivate: ['127.0.0.0/8'], dnsServers, connectTimeoutMs: 5_000 }
    const startedAt = performance.now()
    const socket = await open(`http://api.example.com:${stalled.port}`, options)
    expect(socket.remoteAddress).toBe('127.0.0.1')
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('localhost uses the address that is excepted', async () => {
    const { port } = await upstream()
    const socket = await open(`http://localhost:${port}`, { allowPrivate: [`127.0.0.1:${port}`] })
    expect(socket.remoteAddress).toBe('127.0.0.1')
    expect((await failure(`http://localhost:${port}`)).code).toBe('target_denied')
  })

  it('that is configured is guarded too', async () => {
    const { port } = await upstream()
    const hosts = { 'api.example.com': '127.0.0.1' }
    expect((await failure(`http://api.example.com:${port}`, { hosts })).code).toBe('target_denied')
    await open(`http://api.example.com:${port}`, { hosts, allowPrivate: [`api.example.com:${port}`] })
  })
})

describe('a connection that fails', () => {
  const allowPrivate = ['127.0.0.1']

  it('for want of a name is upstream_dns', async () => {
    const dnsServers = await nameServer({})
    expect(await failure('http://api.example.com', { dnsServers })).toMatchObject({ code: 'upstream_dns', status: 502 })
  })

  it('for want of a listener is upstream_connect and names no address', async () => {
    const { port, stop } = await upstream()
    await stop()
    const error = await failure(`http://127.0.0.1:${port}`, { allowPrivate })
    expect(error).toMatchObject({ code: 'upstream_connect', status: 502 })
    expect(error.message).not.toMatch(/\d/)
  })

  it('in time is upstream_timeout: name', async () => {
    const dnsServers = await nameServer({ 'api.example.com': 'silence' })
    const error = await failure('http://api.example.com', { dnsServers, connectTimeoutMs: 50 })
    expect(error).toMatchObject({ code: 'upstream_timeout', status: 504 })
  })

  it('in time is upstream_timeout: TCP', async () => {
    const stalled = await startStalledListener('127.0.0.1')
    cleanUps.push(() => stalled.stop())
    const error = await failure(`http://127.0.0.1:${stalled.port}`, { allowPrivate, connectTimeoutMs: 50 })
    expect(error).toMatchObject({ code: 'upstream_timeout', status: 504 })
  })

  it('in time is upstream_timeout: TLS, and the socket is closed', async () => {
    const { port, connections } = await upstream()
    const error = await failure(`https://127.0.0.1:${port}`, { allowPrivate, connectTimeoutMs: 100 })
    expect(error).toMatchObject({ code: 'upstream_timeout', status: 504 })
    const socket = connections[0]?.socket
    if (socket === undefined) throw new Error('no connection arrived')
    if (!socket.readableEnded) await new Promise((resolve) => socket.once('end', resolve))
  })

  it('for TLS is upstream_tls when the peer speaks something else', async () => {
    const { port, connections } = await upstream()
    const pending = failure(`https://127.0.0.1:${port}`, { allowPrivate, connectTimeoutMs: 5_000 })
    while (connections.length === 0) await new Promise((resolve) => setImmediate(resolve))
    connections[0]?.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')
    expect(await pending).toMatchObject({ code: 'upstream_tls', status: 502 })
  })

  it('for TLS is upstream_connect when the peer goes away', async () => {
    const { port, connections } = await upstream()
    const pending = failure(`https://127.0.0.1:${port}`, { allowPrivate, connectTimeoutMs: 5_000 })
    while (connections.length === 0) await new Promise((resolve) => setImmediate(resolve))
    connections[0]?.socket.destroy()
    expect(await pending).toMatchObject({ code: 'upstream_connect', status: 502 })
  })
})
