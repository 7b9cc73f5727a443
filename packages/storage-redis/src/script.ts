import { createHash } from 'node:crypto'

/** A Lua script, run by the digest that the server knows it by. */
export interface Script {
  readonly text: string
  /** SHA-1 of the text, in hex: what `EVALSHA` takes. */
  readonly digest: string
}

export function defineScript(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') }
}
