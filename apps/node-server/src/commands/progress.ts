const everyMs = 1_000

/** Tells on standard error how far a long command is: at most once a second, and at its end. */
export function progress(what: string): { tell(done: number): void; end(done: number): void } {
  let toldAt = performance.now()
  const write = (done: number): void => void process.stderr.write(`${done} ${what}\n`)
  return {
    tell(done) {
      if (performance.now() - toldAt < everyMs) return
      toldAt = performance.now()
      write(done)
    },
    end: write,
  }
}
