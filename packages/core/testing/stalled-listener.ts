import { spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'

export interface StalledListener {
  readonly address: string
  readonly port: number
  stop(): Promise<void>
}

const program = `
  const server = require('node:net').createServer()
  server.listen({ host: process.argv[1], port: 0, backlog: 1 }, () => process.stdout.write(server.address().port + '\\n'))
  setTimeout(() => process.exit(), 60_000)
`

/**
 * A port that takes no connection and refuses none, like a host behind a firewall that drops: a process that is
 * stopped, with as many connections waiting as its queue holds.
 */
export async function startStalledListener(address: string): Promise<StalledListener> {
  const child = spawn(process.execPath, ['-e', program, address], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve) => {
    child.stdout.once('data', (line: Buffer) => resolve(Number(line.toString())))
  })
  child.kill('SIGSTOP')
  const waiting: Socket[] = []
  for (let isFull = false; !isFull; ) {
    const socket = connect(port, address)
    socket.on('error', () => undefined)
    waiting.push(socket)
    isFull = await Promise.race([
      new Promise<false>((resolve) => socket.once('connect', () => resolve(false))),
      // On loopback a handshake that has room is over in far less.
      new Promise<true>((resolve) => setTimeout(() => resolve(true), 250)),
    ])
  }
  return {
    address,
    port,
    stop: async () => {
      for (const socket of waiting) socket.destroy()
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    },
  }
}
