import { decodeSegment } from './percent.js'

const connect = '/v1/connect/'
const doubledSlashes = /\/{2,}/g

/** What stands before and behind the `?`, raw; doubled slashes are collapsed and `prefix` is taken off the path. */
export interface SplitTarget {
  readonly path: string
  readonly query: string
}

export function splitTarget(target: string, prefix: string): SplitTarget {
  const mark = target.indexOf('?')
  let path = mark === -1 ? target : target.slice(0, mark)
  if (path.includes('//')) path = path.replace(doubledSlashes, '/')
  if (prefix !== '' && path.startsWith(`${prefix}/`)) path = path.slice(prefix.length)
  return { path, query: mark === -1 ? '' : target.slice(mark + 1) }
}

export interface ProxyPath {
  /** Undefined when the path names none: a browser's client leaves it to its token. */
  readonly project: string | undefined
  /** The encoded target, raw. */
  readonly segment: string
}

/** `/v1/connect/{project}/proxy/{target}`, or the same without a project; undefined for every other path. */
export function readProxyPath(path: string): ProxyPath | undefined {
  if (!path.startsWith(connect)) return undefined
  if (path.startsWith('proxy/', connect.length)) return { project: undefined, segment: path.slice(connect.length + 6) }
  const end = path.indexOf('/', connect.length)
  if (end === -1 || !path.startsWith('/proxy/', end)) return undefined
  return { project: decodeSegment(path.slice(connect.length, end), 'The project'), segment: path.slice(end + 7) }
}
