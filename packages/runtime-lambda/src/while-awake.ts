const longMs = 60_000

/**
 * Keeps the process alive until the work is done. The engine's timers do not, and idle sockets neither: a process that
 * waits for nothing else, such as the pause before another try, would end, and the platform's runtime does not stop it.
 *
 * @example const storage = await whileAwake(() => openStorage())
 */
export async function whileAwake<T>(work: () => Promise<T>): Promise<T> {
  const held = setInterval(() => undefined, longMs)
  try {
    return await work()
  } finally {
    clearInterval(held)
  }
}
