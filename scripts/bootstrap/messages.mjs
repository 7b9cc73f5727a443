const started = performance.now()

/** One line of progress, with the seconds since the start. */
export function say(message) {
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stderr.write(`[${seconds.padStart(5)} s] ${message}\n`)
}

/** Says why it ends, and with which exit status. */
export function fail(message, status = 1) {
  process.stderr.write(`\n${message}\n`)
  process.exitCode = status
}

/** The range of `engines.node`: ^20.19.0 || >=22.12.0. */
export function isNodeSupported(version) {
  const [major, minor] = version.split('.').map(Number)
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
}
