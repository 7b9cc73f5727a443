import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { RecordedRequest } from './recorded-request.js'

/** How an upstream answers one request. */
export type Answer = (response: ServerResponse, request: RecordedRequest) => void | Promise<void>

/** Answers with these bytes and headers. */
export function binary(body: Uint8Array | string, headers: OutgoingHttpHeaders = {}, statusCode = 200): Answer {
  return (response) => {
    response.writeHead(statusCode, { 'content-length': Buffer.byteLength(body), ...headers })
    response.end(body)
  }
}

/** Answers with a value as JSON. */
export function json(value: unknown, headers: OutgoingHttpHeaders = {}, statusCode = 200): Answer {
  return binary(JSON.stringify(value), { 'content-type': 'application/json', ...headers }, statusCode)
}

/** Answers with plain text. */
export function text(body: string, headers: OutgoingHttpHeaders = {}, statusCode = 200): Answer {
  return binary(body, { 'content-type': 'text/plain; charset=utf-8', ...headers }, statusCode)
}

/** Answers as a web form. */
export function form(fields: Record<string, string>): Answer {
  return binary(new URLSearchParams(fields).toString(), { 'content-type': 'application/x-www-form-urlencoded' })
}

/** Answers with a status and no body. */
export function status(statusCode: number, headers: OutgoingHttpHeaders = {}): Answer {
  return (response) => {
    response.writeHead(statusCode, headers)
    response.end()
  }
}

/** Answers with chunks of unknown total length, respecting backpressure. */
export function streamOf(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  headers: OutgoingHttpHeaders = {},
): Answer {
  return async (response) => {
    response.writeHead(200, headers)
    response.flushHeaders()
    await pipeline(Readable.from(chunks), response)
  }
}

/** Answers with server-sent events; each is on the wire before the next is asked for. */
export function eventStream(events: AsyncIterable<string> | Iterable<string>): Answer {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    response.flushHeaders()
    for await (const event of events) {
      response.write(`data: ${event}\n\n`)
    }
    response.end()
  }
}

/** Takes the request and sends nothing, not even a head. */
export function neverEnds(): Answer {
  return () => undefined
}

/** The first answer for the first request, and so on; the last one for all that follow. */
export function sequence(...answers: readonly [Answer, ...Answer[]]): Answer {
  let turn = 0
  return (response, request) => {
    const answer = answers[Math.min(turn, answers.length - 1)] ?? answers[0]
    turn += 1
    return answer(response, request)
  }
}
