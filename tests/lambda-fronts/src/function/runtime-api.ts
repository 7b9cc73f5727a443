import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { deferred } from '@proxy/test-support'
import type { Invoke, Invoked } from '../fronts/invoke.js'

/** Lambda's Runtime API for one instance of a function, which takes one event at a time. */
export interface RuntimeApi {
  /** `host:port`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string
  readonly invoke: Invoke
  /** Resolves when the function says why it does not start. */
  readonly initError: Promise<string>
  /** The instance is gone: what waits and what comes fails. */
  fail(reason: string): void
  stop(): Promise<void>
}

interface Invocation {
  readonly id: string
  readonly event: string
  readonly deadlineMs: number
  settle(invoked: Invoked): void
}

/** What Lambda takes as a buffered answer. */
const answerBytes = 6 * 1024 * 1024

export async function startRuntimeApi(timeoutMs: number): Promise<RuntimeApi> {
  const waiting: { event: unknown; settle: (invoked: Invoked) => void }[] = []
  const initError = deferred<string>()
  let poll: ServerResponse | undefined
  let current: Invocation | undefined
  let count = 0
  let gone: string | undefined

  function next(): void {
    if (poll === undefined || current !== undefined) return
    const [first] = waiting.splice(0, 1)
    if (first === undefined) return
    count += 1
    const id = `invocation-${count}`
    const deadlineMs = Date.now() + timeoutMs
    const settle = first.settle
    current = { id, event: JSON.stringify(first.event), deadlineMs, settle }
    poll.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': id,
      'lambda-runtime-deadline-ms': String(deadlineMs),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-west-1:123456789012:function:proxy',
      'lambda-runtime-trace-id': 'Root=1-0-0',
    })
    poll.end(current.event)
    poll = undefined
  }

  function finish(invoked: Invoked): void {
    current?.settle(invoked)
    current = undefined
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '' } = request
    if (url.endsWith('/invocation/next')) {
      poll = response
      next()
      return
    }
    if (url.endsWith('/init/error')) {
      initError.resolve((await buffer(request)).toString())
    } else if (url.endsWith('/error')) {
      finish({ kind: 'failed', error: (await buffer(request)).toString() })
    } else if (request.headers['lambda-runtime-function-response-mode'] === 'streaming') {
      await stream(request)
    } else {
      const payload = await buffer(request)
      finish(payload.length > answerBytes ? { kind: 'failed', error: 'Too large' } : { kind: 'buffered', payload })
    }
    response.writeHead(202)
    response.end('{}')
  }

  /** The caller gets what comes as it comes; when it leaves, the rest is read all the same, as Lambda does. */
  async function stream(request: IncomingMessage): Promise<void> {
    const out = new PassThrough()
    const { settle } = current ?? { settle: () => undefined }
    let isBegun = false
    request.once('data', () => {
      isBegun = true
    })
    settle({ kind: 'streamed', stream: out })
    await pipeline(request, out, { end: false }).catch(() => request.resume())
    if (request.trailers['lambda-runtime-function-error-type'] !== undefined || !request.complete || !isBegun) {
      out.destroy(new Error('The function failed behind its head.'))
    } else out.end()
    current = undefined
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    address: `127.0.0.1:${port}`,
    initError: initError.promise,
    invoke: (event) =>
      new Promise((settle) => {
        if (gone !== undefined) return settle({ kind: 'failed', error: gone })
        waiting.push({ event, settle })
        next()
      }),
    fail(reason) {
      gone = reason
      finish({ kind: 'failed', error: reason })
      for (const { settle } of waiting.splice(0)) settle({ kind: 'failed', error: reason })
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
