import { createServer } from 'node:http'
import { pipeline } from 'node:stream'
import { Pool } from 'undici'
import { endToEnd, fail, listen, upstream } from './listen.mjs'

const pool = new Pool(upstream.origin)

listen(
  createServer((request, response) => {
    const options = {
      path: request.url,
      method: request.method,
      headers: endToEnd(request.rawHeaders),
      opaque: response,
    }
    pipeline(request, pool.pipeline(options, open), response, (error) => {
      if (error != null) fail(response)
    })
  }),
)

function open({ statusCode, headers, opaque: response, body }) {
  const { connection, 'keep-alive': keepAlive, 'transfer-encoding': coding, ...kept } = headers
  response.writeHead(statusCode, kept)
  return body
}
