import { pipeline } from 'node:stream'

/** Serves on the port of the environment, and ends when asked, so that a profile can be written. */
export function listen(server) {
  server.keepAliveTimeout = 600_000
  server.listen(Number(process.env.PORT), '127.0.0.1')
  process.once('SIGTERM', () => process.exit(0))
}

export const upstream = new URL(process.env.UPSTREAM ?? 'http://127.0.0.1:8080')

/** The list of raw headers without those that belong to one connection. */
export function endToEnd(rawHeaders) {
  const kept = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index].toLowerCase()
    if (name === 'connection' || name === 'keep-alive' || name === 'transfer-encoding' || name === 'host') continue
    kept.push(rawHeaders[index], rawHeaders[index + 1])
  }
  return kept
}

/** Whether a request carries a body (RFC 9112 section 6). */
export const hasBody = (request) =>
  request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined

/** Passes an answer's body on, unless the caller has gone. */
export function deliver(body, response) {
  if (response.destroyed) body.destroy()
  else pipeline(body, response, () => {})
}

/** Says that the origin failed, or cuts the connection when the head is out already. */
export function fail(response) {
  if (response.headersSent) response.destroy()
  else response.writeHead(502).end()
}
