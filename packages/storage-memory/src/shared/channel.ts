/** Two processes that pass JSON to each other, in order. */
export interface Channel {
  /** Throws, or does nothing, when the other side is gone. */
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** The other side is gone. */
  onClose(listener: () => void): void
}

/** A process with a channel of Node's: a child for its parent, `process` for a child. */
export interface ConnectedProcess {
  send?(message: unknown, callback: (error: Error | null) => void): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
}

/** The channel to a child (or cluster worker), or from a child to its parent. */
export function processChannel(connected: ConnectedProcess): Channel {
  return {
    send(message) {
      // A failure to send is followed by `disconnect`, which tells those who wait.
      connected.send?.(message, () => {})
    },
    onMessage(listener) {
      connected.on('message', listener)
    },
    onClose(listener) {
      connected.on('disconnect', listener)
    },
  }
}
