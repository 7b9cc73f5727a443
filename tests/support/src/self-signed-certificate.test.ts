import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { selfSignedCertificate } from './self-signed-certificate.js'

async function visit(host: string, trusted: string | undefined): Promise<number | undefined> {
  const { certificate, key } = selfSignedCertificate()
  const server = createServer({ cert: certificate, key }, (_, response) => response.end('hello'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    const call = request({ host, port, ca: trusted === 'own' ? certificate : trusted, agent: false }).end()
    const [response] = await once(call, 'response')
    response.resume()
    return response.statusCode
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

describe('a self-signed certificate', () => {
  it('is trusted by a client that names it, under both of its names', async () => {
    expect(await visit('localhost', 'own')).toBe(200)
    expect(await visit('127.0.0.1', 'own')).toBe(200)
  })

  it('is refused by a client that does not name it', async () => {
    await expect(visit('localhost', undefined)).rejects.toThrow('self-signed')
  })

  it('is valid now, and new each time', () => {
    const first = new X509Certificate(selfSignedCertificate().certificate)
    const second = new X509Certificate(selfSignedCertificate().certificate)
    expect(Date.parse(first.validFrom)).toBeLessThan(Date.now())
    expect(Date.parse(first.validTo)).toBeGreaterThan(Date.now())
    expect(first.serialNumber).not.toBe(second.serialNumber)
  })
})
