import { malformed } from './malformed.js'

/** A path or query that the front left as it was sent. */
export function asPath(text: string): string {
  if (!/^[!-~]*$/.test(text)) throw malformed('The request target holds characters that must be percent-encoded.')
  return text
}

/**
 * A path that the front decoded. What cannot stand in a path is encoded again; a slash, plus or equals sign that was
 * encoded stays as it is, since nothing tells it from one that was not.
 */
export function decodedPath(text: string): string {
  return asPath(text.replace(/%(?![0-9A-Fa-f]{2})|[^!-~]+|[?#]/gu, percentEncoded))
}

/** As UTF-8, with half of a surrogate pair as the sign for what cannot be read. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
}

/** `/prefix/rest` without `/prefix`; any other path as it is. */
export function withoutPrefix(path: string, prefix: string): string {
  if (prefix === '' || !path.startsWith(prefix)) return path
  const rest = path.slice(prefix.length)
  if (rest === '') return '/'
  return rest.startsWith('/') ? rest : path
}
