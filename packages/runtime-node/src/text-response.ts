import { ServerResponse } from 'node:http'
import { isHeaderName, isHeaderValue } from '@proxy/core'

/** Beyond it copying costs more than a second buffer in the same write. */
const shortBytes = 8 * 1024

/** Puts an answer into one piece of text, where Node's own class makes several; the bytes are the same. */
export class TextResponse extends ServerResponse {
  /** What Node is going to send as head. */
  declare _header: string | null

  /** A short body goes as a Latin-1 text: Node joins it with the head, which is one too. */
  override end(chunk?: unknown, encoding?: unknown, callback?: () => void): this {
    const isShort = Buffer.isBuffer(chunk) && chunk.length > 0 && chunk.length <= shortBytes
    return isShort && encoding === undefined
      ? super.end(chunk.toString('latin1'), 'latin1', callback)
      : super.end(chunk, encoding as BufferEncoding, callback)
  }

  /**
   * Makes a head of a status line and a list. To check each name and see what it means to Node is a twentieth of a call's
   * own code; here names are remembered. Node gets what it acts on itself, and adds what it adds. A Node that makes heads
   * in another way never calls this, and checks by itself.
   */
  _storeHeader(statusLine: string, list: unknown): void {
    const head = Array.isArray(list) ? writeOut(list) : undefined
    if (head === undefined) {
      storeHeader?.call(this, statusLine, list)
      return
    }
    const { sendDate } = this
    if (head.hasDate) this.sendDate = false
    try {
      storeHeader?.call(this, '', head.heeded)
    } finally {
      this.sendDate = sendDate // the next head may have none of its own, when this one was refused
    }
    this._header = statusLine + head.lines + this._header?.slice(head.heededLength)
  }
}

const { _storeHeader: storeHeader } = ServerResponse.prototype as {
  _storeHeader?: (this: ServerResponse, statusLine: string, list: unknown) => void
}

interface Head {
  readonly lines: string
  readonly hasDate: boolean
  /** Flat; the lines of these are among the others too. */
  readonly heeded: readonly string[]
  /** Of their lines. */
  readonly heededLength: number
}

/** Undefined when Node is to judge the list: it refuses what is wrong in its own words. */
function writeOut(list: readonly unknown[]): Head | undefined {
  let lines = ''
  let hasDate = false
  const heeded: string[] = []
  let heededLength = 0
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index]
    const value = list[index + 1]
    if (typeof name !== 'string' || typeof value !== 'string' || !isHeaderValue(value)) return undefined
    const use = useOf(name)
    if (use === 'unknown') return undefined
    if (use === 'date') hasDate = true
    else if (use === 'heed') {
      heeded.push(name, value)
      heededLength += name.length + value.length + 4
    }
    lines += `${name}: ${value}\r\n`
  }
  return { lines, hasDate, heeded, heededLength }
}

type Use = 'write' | 'date' | 'heed' | 'unknown'

/** Not `keep-alive`: that is about a timeout of Node's server, which has none here. */
const usesByName: ReadonlyMap<string, Use> = new Map<string, Use>([
  ['date', 'date'],
  ['connection', 'heed'],
  ['content-length', 'heed'],
  ['trailer', 'heed'],
  ['transfer-encoding', 'heed'],
  ['expect', 'unknown'],
])

const uses = new Map<string, Use>()
const usesMost = 2_000
const keptLength = 40

function useOf(name: string): Use {
  let use = uses.get(name)
  if (use === undefined) {
    use = isHeaderName(name) ? (usesByName.get(name.toLowerCase()) ?? 'write') : 'unknown'
    if (uses.size < usesMost && name.length <= keptLength) uses.set(name, use)
  }
  return use
}
