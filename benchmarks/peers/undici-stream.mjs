import { createServer } from 'node:http'
import { Pool } from 'undici'
import { endToEnd, fail, hasBody, listen, upstream } from './listen.mjs'

const pool = new Pool(upstream.origin)

listen(
  createServer((request, response) => {
    const options = {
      path: request.url,
      method: request.method,
      headers: endToEnd(request.rawHeaders),
      body: hasBody(request) ? request : null,
      opaque: response,
    }
    pool.stream(options, open, (error) => {
      if (error !== null) fail(response)
    })
  }),
)

function open({ statusCode, headers, opaque: response }) {
  const { connection, 'keep-alive': keepAlive, 'transfer-encoding': coding, ...kept } = headers
  return response.writeHead(statusCode, kept)
}
