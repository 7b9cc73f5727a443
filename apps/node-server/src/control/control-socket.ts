import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { type Config, storageFile } from '@proxy/composition'
import type { SharedParts, StateHub } from '@proxy/storage-memory'
import { socketChannel } from './socket-channel.js'

/**
 * The socket beside the storage file, through which commands on this machine use the accounts of a running server. Who
 * may open it is who may read the file: its own user. Undefined where there is no file, or no place for a socket.
 */
export function controlSocketPath(config: Config): string | undefined {
  const file = storageFile(config)
  if (file === undefined || process.platform === 'win32') return undefined
  const path = `${file}.sock`
  return Buffer.byteLength(path) <= pathBytesMost ? path : undefined
}

/** The most that every system takes (`sun_path` has 104 bytes on some). */
const pathBytesMost = 103

export interface ControlSocket {
  close(): Promise<void>
}

/** Serves `parts` to commands. The file's lock is held, so that a socket that is there was left behind. */
export async function openControlSocket(path: string, hub: StateHub, parts: SharedParts): Promise<ControlSocket> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    hub.serve(socketChannel(socket), parts)
  })
  rmSync(path, { force: true })
  // The socket comes to be within `listen`; before anybody else runs, it is this user's alone.
  const before = process.umask(0o177)
  server.listen(path)
  process.umask(before)
  await once(server, 'listening')
  chmodSync(path, 0o600)
  server.unref()
  return {
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      rmSync(path, { force: true })
    },
  }
}

/** A connection to the server that has the storage file open; undefined when none answers. */
export async function connectToServer(path: string): Promise<Socket | undefined> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return socket
  } catch {
    socket.destroy()
    return undefined
  }
}
