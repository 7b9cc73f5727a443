import { readFileSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTown, type Town } from '../security/town.js'

const mebibyte = 1024 * 1024
/** What the server may grow by, whatever passes through it: what its pools and the collector of garbage want to have. */
const growthBytes = 96 * mebibyte

const chunk = Buffer.alloc(mebibyte, 'large body ')
let received = 0
let town: Town
let stop: () => Promise<unknown>

beforeAll(async () => {
  const upstream = createServer((request, response) => {
    const asked = Number(/\/down\/(\d+)/.exec(request.url ?? '')?.[1] ?? 0)
    request.on('data', (bytes: Buffer) => {
      received += bytes.length
    })
    request.on('end', () => {
      pipeline(Readable.from(chunks(asked)), response).catch(() => response.destroy())
    })
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  stop = () => new Promise((resolve) => upstream.close(resolve).closeAllConnections())
  town = await startTown({
    upstreamPort: (upstream.address() as AddressInfo).port,
    config: { limits: { project: 'none', maxRequestBody: '20GiB', bodyIdleTimeout: '60s' } },
  })
  await down(64)
  await up(64)
})

afterAll(async () => {
  await town.server.stop()
  await stop()
})

function* chunks(count: number): Generator<Buffer> {
  for (let number = 0; number < count; number += 1) yield chunk
}

/** What the process holds in memory now, in bytes. */
function residentBytes(): number {
  const status = readFileSync(`/proc/${town.server.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

async function down(mebibytes: number): Promise<number> {
  const path = town.path('header', `/down/${mebibytes}`)
  let length = 0
  await new Promise<void>((resolve, reject) => {
    const headers = { authorization: `Bearer ${town.key}` }
    httpRequest({ port: town.server.port, path, headers, agent: false }, (response) => {
      response.on('data', (bytes: Buffer) => {
        length += bytes.length
      })
      response.on('end', resolve).on('error', reject)
    })
      .on('error', reject)
      .end()
  })
  return length
}

async function up(mebibytes: number): Promise<number> {
  received = 0
  const headers = { authorization: `Bearer ${town.key}`, 'content-length': mebibytes * mebibyte }
  const path = town.path('header', '/up')
  const request = httpRequest({ port: town.server.port, path, headers, agent: false, method: 'PUT' })
  const answered = new Promise<void>((resolve, reject) => {
    request.on('response', (response) => response.resume().on('end', resolve)).on('error', reject)
  })
  await pipeline(Readable.from(chunks(mebibytes)), request)
  await answered
  return received
}

/** The most that the process held above what it held before, looked at while the work is under way. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = residentBytes()
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, residentBytes())
  }, 20)
  await work()
  clearInterval(watch)
  return most - before
}

describe.skipIf(process.platform !== 'linux')('memory stays flat', { timeout: 120_000 }, () => {
  it('while a gigabyte comes down, and one goes up', async () => {
    expect(await growth(async () => expect(await down(1024)).toBe(1024 * mebibyte))).toBeLessThan(growthBytes)
    expect(await growth(async () => expect(await up(1024)).toBe(1024 * mebibyte))).toBeLessThan(growthBytes)
  })

  it('while forty callers take nothing of a large answer', async () => {
    const sockets = Array.from({ length: 40 }, () => connect(town.server.port, '127.0.0.1'))
    const grown = await growth(async () => {
      const heads = sockets.map(
        (socket) =>
          new Promise<void>((resolve) => {
            const path = town.path('header', '/down/200')
            socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${town.key}\r\n\r\n`)
            // Takes the first bytes and then no more.
            socket.once('data', () => {
              socket.pause()
              resolve()
            })
          }),
      )
      await Promise.all(heads)
      // Another large answer passes meanwhile: time for the forty to pile up, if they could.
      expect(await down(256)).toBe(256 * mebibyte)
    })
    for (const socket of sockets) socket.destroy()
    expect(grown).toBeLessThan(growthBytes)
  })
})
