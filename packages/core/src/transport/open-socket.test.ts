import type { Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { startRawUpstream } from '../../testing/raw-upstream.js'
import { openSocket } from './open-socket.js'
import { createTlsSockets } from './tls-sockets.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** Opens a socket for TLS; gives what the other side had received when `onOpen` was through, and what comes then. */
async function firstBytes(onOpen: (socket: Socket) => void): Promise<Buffer> {
  const { connections, port, stop } = await startRawUpstream(() => undefined)
  cleanUps.push(stop)
  const tls = createTlsSockets({})
  const opened = await new Promise<Socket>((resolve, reject) => {
    openSocket(
      ['127.0.0.1'],
      (address) => tls.open(address, port, 'api.example.com'),
      (error, socket) => {
        if (socket === undefined) return reject(error)
        onOpen(socket)
        resolve(socket)
      },
    )
  })
  cleanUps.push(() => opened.destroy())
  while (connections.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const { socket } = connections[0] as { socket: Socket }
  const received: Buffer[] = []
  socket.on('data', (chunk: Buffer) => received.push(chunk))
  await new Promise((resolve) => socket.once('data', resolve).once('end', resolve))
  return Buffer.concat(received)
}

it('a TLS socket says nothing when it is closed as soon as it is open: its peer was not the one that was checked', async () => {
  expect(await firstBytes((socket) => socket.destroy())).toHaveLength(0)

  const hello = await firstBytes(() => undefined)
  expect(hello[0]).toBe(0x16) // a handshake record
})
