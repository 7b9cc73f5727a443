import { describe, expect, it } from 'vitest'
import { type Bench, type ReadAnswer, readAnswer } from './runtime-under-test.js'

const get1 = 'GET / HTTP/1.1\r\nhost: h\r\n\r\n'

/** The values of a field in the order in which they came. */
function valuesOf({ headers }: ReadAnswer, name: string): readonly (string | undefined)[] {
  return headers.flatMap((text, index) => (index % 2 === 0 && text.toLowerCase() === name ? [headers[index + 1]] : []))
}

export function testAnswers(get: () => Bench, answerBytes: number): void {
  describe('an answer', () => {
    it('has its status and headers, duplicates included', async () => {
      const { onCall, connect } = get()
      onCall(async (_, open) => {
        const headers = ['set-cookie', 'a=1', 'x-one', '1', 'set-cookie', 'b=2', 'content-type', 'text/plain']
        open({ status: 418, headers }).end('short')
      })
      const answer = await readAnswer(await connect(get1))
      expect(answer.status).toBe(418)
      expect(valuesOf(answer, 'set-cookie')).toEqual(['a=1', 'b=2'])
      expect(valuesOf(answer, 'x-one')).toEqual(['1'])
      expect(answer.body.toString()).toBe('short')
    })

    it('has its bytes, as many as they are', async () => {
      const { onCall, connect } = get()
      const body = Buffer.alloc(answerBytes, Buffer.from([0, 255, 13, 10, 0x80, 7]))
      onCall(async (_, open) => {
        open({ status: 200, headers: ['content-length', String(body.length)] }).end(body)
      })
      expect((await readAnswer(await connect(get1))).body.equals(body)).toBe(true)
    })

    it('may be empty', async () => {
      const { onCall, connect } = get()
      onCall(async (_, open) => {
        open({ status: 200, headers: ['content-length', '0'] }).end()
      })
      expect(await readAnswer(await connect(get1))).toMatchObject({ status: 200, body: Buffer.alloc(0) })
    })

    it.each([
      ['HEAD', 200, ['content-length', '1000']],
      ['GET', 204, []],
      ['GET', 304, ['etag', '"x"']],
    ])('to %s with %i ends with its head', async (method, status, headers) => {
      const { onCall, connect } = get()
      onCall(async (_, open) => {
        open({ status, headers: [...headers] }).end()
      })
      const request = `${method} / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n`
      const peer = await connect(request)
      const answer = await readAnswer(peer, method)
      expect(answer.status).toBe(status)
      for (let at = 0; at < headers.length; at += 2) {
        expect(valuesOf(answer, headers[at] ?? '')).toEqual([headers[at + 1]])
      }
      expect(await peer.readRest()).toHaveLength(0)
    })

    it('is a 500 when the handler fails or gives none, without a word of why, and the next call works', async () => {
      const { onCall, connect } = get()
      for (const fail of [() => Promise.reject(new Error('planted-secret')), () => Promise.resolve()]) {
        onCall(fail)
        const answer = await readAnswer(await connect(get1))
        expect(answer.status).toBe(500)
        expect(answer.body.toString() + answer.headers.join()).not.toContain('planted-secret')
      }
      onCall(async (_, open) => {
        open({ status: 200, headers: [] }).end('fine')
      })
      expect((await readAnswer(await connect(get1))).body.toString()).toBe('fine')
    })
  })
}
