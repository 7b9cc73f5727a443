import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { type AnswerHead, headersOf } from './front-answer.js'

const delimiter = Buffer.alloc(8)

/** Sends the head as soon as its prelude is whole, then the body as it comes; a broken stream breaks the connection. */
export async function sendStreamed(stream: Readable, method: string, response: ServerResponse): Promise<void> {
  response.on('close', () => stream.destroy())
  let head = Buffer.alloc(0)
  let isHeadSent = false
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let rest: Buffer = chunk
      if (!isHeadSent) {
        head = Buffer.concat([head, chunk])
        const end = head.indexOf(delimiter)
        if (end === -1) continue
        sendHead(JSON.parse(head.subarray(0, end).toString()) as AnswerHead, response)
        isHeadSent = true
        rest = head.subarray(end + delimiter.length)
      }
      if (rest.length > 0 && method !== 'HEAD' && !response.write(rest)) await once(response, 'drain')
    }
    response.end()
  } catch {
    response.destroy()
  }
}

function sendHead(metadata: AnswerHead, response: ServerResponse): void {
  response.writeHead(metadata.statusCode, headersOf(metadata))
  response.flushHeaders()
}
