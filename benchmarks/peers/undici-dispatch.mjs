import { createServer } from 'node:http'
import { Pool } from 'undici'
import { endToEnd, fail, hasBody, listen, upstream } from './listen.mjs'

// The practical limit for Node: the client's lowest layer, header lists never made into objects.
const pool = new Pool(upstream.origin)

class Forward {
  constructor(response) {
    this.response = response
  }
  onConnect(abort) {
    this.response.once('close', () => {
      if (!this.response.writableFinished) abort()
    })
  }
  onHeaders(status, raw, resume) {
    this.response.on('drain', resume)
    this.response.writeHead(status, endToEnd(raw.map((value) => value.latin1Slice())))
    return true
  }
  onData(chunk) {
    return this.response.write(chunk)
  }
  onComplete() {
    this.response.end()
  }
  onError() {
    fail(this.response)
  }
}

listen(
  createServer((request, response) => {
    pool.dispatch(
      {
        path: request.url,
        method: request.method,
        headers: endToEnd(request.rawHeaders),
        body: hasBody(request) ? request : null,
      },
      new Forward(response),
    )
  }),
)
