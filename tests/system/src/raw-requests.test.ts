import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Reading, readConnection } from './raw-http/reference-parser.js'
import { type Spoken, speak } from './raw-http/speak.js'

const corpora = new URL('../../corpora/', import.meta.url)

interface RawCase {
  readonly name: string
  readonly bytes: Buffer
}

/** Cases without a Host field are no requests for that alone: each also runs with one. */
function withHost({ name, bytes }: RawCase): RawCase[] {
  const text = bytes.toString('latin1')
  const lineEnd = text.indexOf('\r\n')
  if (lineEnd < 1 || /\nhost[ \t]*:/i.test(text)) return []
  const completed = `${text.slice(0, lineEnd)}\r\nHost: localhost${text.slice(lineEnd)}`
  return [{ name: `${name}, with a host`, bytes: Buffer.from(completed, 'latin1') }]
}

function rawCases(): RawCase[] {
  const lines = readFileSync(new URL('raw-http/requests.jsonl', corpora), 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const { id, name, raw_b64: raw, host_placeholder: placeholder } = JSON.parse(line)
    const text = Buffer.from(raw, 'base64').toString('latin1')
    const bytes = Buffer.from(placeholder === undefined ? text : text.replaceAll(placeholder, 'localhost'), 'latin1')
    return { name: `${id} ${name}`, bytes }
  })
}

interface GuardianCase {
  readonly name: string
  readonly method: string
  readonly uri: string
  readonly version: string
  readonly headers?: readonly { readonly name: string; readonly value: string }[] | null
}

function guardianCases(): RawCase[] {
  const folder = new URL('desync-guardian/', corpora)
  return readdirSync(folder).flatMap((file) => {
    const cases: readonly GuardianCase[] = parse(readFileSync(new URL(file, folder), 'utf8'))
    return cases.map(({ name, method, uri, version, headers }) => {
      const fields = (headers ?? []).map((header) => `${header.name}: ${header.value}\r\n`).join('')
      return { name: `${file} ${name}`, bytes: Buffer.from(`${method} ${uri} ${version}\r\n${fields}\r\n`, 'latin1') }
    })
  })
}

/** What is wrong with how the server took some bytes, if anything. */
function judge(reading: Reading, spoken: Spoken): string | undefined {
  const { calls, statuses, wasClosed, faults } = spoken
  if (faults.length > 0) return 'the server reported a fault'
  if (statuses.some((status) => status >= 500 || status === 408)) return `answered ${statuses.join()}`
  if (statuses.length > 0 && statuses.slice(0, -1).some((status) => status >= 400)) return 'went on after a refusal'
  const whole = calls.filter(({ failed }) => !failed)
  for (const [index, call] of whole.entries()) {
    const meant = reading.requests[index]
    const isMeant =
      meant?.method === call.method && meant.target === call.target && meant.bodyLength === call.bodyLength
    if (!isMeant) return `took ${call.method} ${call.target} (${call.bodyLength} bytes) for a request`
  }
  const last = statuses.at(-1) ?? 0
  const wasRefused = last >= 400 && wasClosed
  if (whole.length < reading.requests.length && !wasRefused) return 'dropped a request without refusing it'
  if (reading.end === 'malformed' && !wasClosed) return 'let the connection live on malformed bytes'
  if (reading.end === 'malformed' && whole.length === 0 && !wasRefused) return 'did not refuse malformed bytes'
  if (reading.end === 'exact' && whole.length === reading.requests.length && wasClosed && !wasRefused) {
    return 'closed a connection that was fine'
  }
  return undefined
}

async function judgeAll(cases: readonly RawCase[]): Promise<string[]> {
  const wrong: string[] = []
  const waiting = [...cases]
  const next = async (): Promise<void> => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      const verdict = judge(readConnection(one.bytes), await speak(one.bytes))
      if (verdict !== undefined) wrong.push(`${one.name}: ${verdict}`)
    }
  }
  await Promise.all(Array.from({ length: 24 }, next))
  return wrong.sort()
}

describe('requests byte by byte', () => {
  it.each([
    ['of parsers and probes', rawCases, 315],
    ['of desync attacks', guardianCases, 158],
  ])(
    '%s: no crash, nothing smuggled, everything doubtful refused with the connection',
    async (_name, read, count) => {
      const cases = read()
      expect(cases).toHaveLength(count)
      expect(await judgeAll([...cases, ...cases.flatMap(withHost)])).toEqual([])
    },
    60_000,
  )

  it('the judge sees a smuggled request, and one that is answered after a refusal', () => {
    const bytes = Buffer.from('POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\nGET /b HTTP/1.1\r\n\r\n')
    const reading = readConnection(bytes)
    const seen = { bodyLength: 0, failed: false }
    const smuggled = [
      { ...seen, method: 'POST', target: '/a' },
      { ...seen, method: 'GET', target: '/b' },
    ]
    const taken = { statuses: [200, 200], wasClosed: false, faults: [] }
    expect(judge(reading, { ...taken, calls: smuggled })).toContain('took POST /a (0 bytes)')
    expect(judge(reading, { ...taken, calls: [], statuses: [400, 200] })).toBe('went on after a refusal')
  })
})
