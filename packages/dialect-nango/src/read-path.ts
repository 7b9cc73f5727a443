/** What stands before and behind the `?`, raw; the path of the public URL is taken off. */
export interface SplitTarget {
  readonly path: string
  readonly query: string
}

export function splitTarget(target: string, prefix: string): SplitTarget {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? '' : target.slice(mark + 1)
  return { path: prefix !== '' && path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path, query }
}

const fullUrl = /^https?:\/\//i
const highByte = /[\u0080-\u00ff]/g

/**
 * The endpoint of `/proxy/{endpoint}`, byte for byte: a full URL, or a path with one slash before it. Undefined for
 * every other path. Each character above 127 is a raw byte of the request line, and encoded by itself.
 */
export function readEndpoint(path: string): string | undefined {
  if (!path.startsWith('/proxy') || (path.length > 6 && path.charCodeAt(6) !== 47)) return undefined
  let start = 6
  while (path.charCodeAt(start) === 47) start++
  const endpoint = path.slice(start).replace(highByte, encodeByte)
  return fullUrl.test(endpoint) ? endpoint : `/${endpoint}`
}

function encodeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
