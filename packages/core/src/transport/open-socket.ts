import { connect, isIPv6, type Socket } from 'node:net'

export interface SocketAttempt {
  /** Closes what is open or under way, without a word to the callback. */
  abandon(): void
}

/** RFC 8305: the pause before the next address is tried beside the one that has not answered. */
const attemptDelayMs = 250

/**
 * Opens a TCP connection to the first address that answers. An address that fails makes way at once, a slow one after
 * a quarter of a second. Calls back once: with the socket and its address, or with the last error.
 */
export function openSocket(
  addresses: readonly string[],
  port: number,
  callback: (error: Error | undefined, socket: Socket | undefined, address: string) => void,
): SocketAttempt {
  const open = new Set<Socket>()
  let next = 0
  let isSettled = false
  let timer: NodeJS.Timeout | undefined

  const settle = (winner: Socket | undefined): void => {
    isSettled = true
    clearTimeout(timer)
    for (const socket of open) if (socket !== winner) socket.destroy()
    open.clear()
  }

  const tryNext = (): void => {
    clearTimeout(timer)
    const address = addresses[next]
    if (address === undefined) return
    next += 1
    // 64 KiB as for files: a body then crosses in fewer, larger pieces.
    const options = { host: address, port, family: isIPv6(address) ? 6 : 4, noDelay: true, highWaterMark: 65_536 }
    const socket = connect(options)
    open.add(socket)
    socket.once('connect', () => {
      if (isSettled) return
      settle(socket)
      // The shared listener stays for the life of the socket: a late error must not end the process.
      socket.on('error', ignore)
      socket.off('error', failed)
      socket.setKeepAlive(true, 60_000)
      callback(undefined, socket, address)
    })
    const failed = (error: Error): void => {
      if (isSettled) return
      open.delete(socket)
      if (next < addresses.length) tryNext()
      else if (open.size === 0) {
        settle(undefined)
        callback(error, undefined, address)
      }
    }
    socket.on('error', failed)
    if (next < addresses.length) timer = setTimeout(tryNext, attemptDelayMs)
  }

  tryNext()
  return { abandon: () => settle(undefined) }
}

function ignore(): void {}
