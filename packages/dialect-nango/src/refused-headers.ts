import { hopByHopHeaders } from '@proxy/core'

/** Names that frame a request or belong to one connection, besides the hop-by-hop ones: no caller may set them upstream. */
const framing: ReadonlySet<string> = new Set(['content-length', 'expect', 'host', 'via'])

export function isRefusedUpstream(lowerCaseName: string): boolean {
  return framing.has(lowerCaseName) || hopByHopHeaders.has(lowerCaseName)
}
