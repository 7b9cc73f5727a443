import { describe, expect, it, onTestFinished } from 'vitest'
import { rawRequest } from './raw-request.js'
import { selfSignedCertificate } from './self-signed-certificate.js'
import { startServer } from './start-server.js'

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('the built server as a process', () => {
  it('is ready when it was started, tells what it logs, and is gone when it was stopped', async () => {
    const server = await startServer({ config: {} })
    expect((await rawRequest(`${server.url}/readyz`)).status).toBe(200)
    expect(server.logs()).toContain('"msg":"listening"')
    expect(isRunning(server.pid)).toBe(true)
    await server.stop()
    expect(server.logs()).toContain('"msg":"stopped"')
    expect(isRunning(server.pid)).toBe(false)
  })

  it('speaks TLS with a certificate', async () => {
    const certificate = selfSignedCertificate()
    const server = await startServer({ config: {}, certificate })
    onTestFinished(() => server.stop())
    expect((await rawRequest(`${server.url}/readyz`, { ca: certificate.certificate })).status).toBe(200)
  })

  it('says why it did not start', async () => {
    await expect(startServer({ config: { nonsense: true } })).rejects.toThrow(/did not start:.*nonsense/s)
  })
})
