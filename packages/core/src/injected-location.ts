import type { CredentialValues } from './account.js'
import type { App } from './app.js'
import type { Secret } from './secret.js'

/**
 * A `Location`, or any URL that an upstream hands back, without the path that the credential was injected as: the
 * segments are taken out wherever they stand in the path. Undefined when the credential stands elsewhere in it.
 */
export function withoutInjectedPath(
  location: string,
  app: App,
  values: Secret<CredentialValues>,
  now: number,
): string | undefined {
  let text = location
  for (const { pathPrefix } of app.auth) {
    if (pathPrefix === undefined) continue
    const segments = pathPrefix(values, now).slice(1).split('/').map(decoded)
    text = withoutSegments(text, segments)
    if (decoded(text).includes(segments.join('/'))) return undefined
  }
  return text
}

function withoutSegments(location: string, wanted: readonly string[]): string {
  const [, origin = '', path = '', rest = ''] =
    /^((?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/[^/?#]*)?)([^?#]*)(.*)$/s.exec(location) ?? []
  const segments = path.split('/')
  const plain = segments.map(decoded)
  for (let start = 0; start + wanted.length <= segments.length; start++) {
    if (!wanted.every((segment, index) => segment === plain[start + index])) continue
    segments.splice(start, wanted.length)
    plain.splice(start, wanted.length)
    start--
  }
  const kept = segments.join('/')
  return origin + (path.startsWith('/') && !kept.startsWith('/') ? `/${kept}` : kept) + rest
}

function decoded(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
