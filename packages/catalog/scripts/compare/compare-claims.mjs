/**
 * One fact of which the catalogue and another collection both speak.
 *
 * @typedef {{ app: string, source: string, fact: string, ours: string, theirs: string, agrees: boolean }} Compared
 */

/**
 * OAuth endpoints: an entry is compared with what goes by one of its names, or by the name that the table gives it.
 *
 * @param {readonly any[]} entries
 * @param {readonly import('./oauth-sources.mjs').Claim[]} claims
 * @param {Readonly<Record<string, string>>} names apps by the name that others have for what they belong to
 * @returns {Compared[]}
 */
export function compareClaims(entries, claims, names) {
  const byName = new Map()
  for (const claim of claims) byName.set(plain(claim.name), [...(byName.get(plain(claim.name)) ?? []), claim])
  return entries.flatMap((entry) => {
    const { name_slug: app, aliases = [], oauth } = entry
    if (oauth === undefined) return []
    const own = [app, ...aliases, ...(names[app] === undefined ? [] : [names[app]])]
    const found = [...new Set(own.map(plain))].flatMap((name) => byName.get(name) ?? [])
    return [...new Set(found)].flatMap(({ source, facts }) => compareFacts(app, source, oauth, facts))
  })
}

function compareFacts(app, source, oauth, facts) {
  return Object.entries(facts).flatMap(([fact, theirs]) => {
    const ours = fact === 'scope_separator' ? (oauth[fact] ?? ' ') : oauth[fact]
    if (ours === undefined) return []
    const agrees = fact === 'scope_separator' ? ours === theirs : sameUrl(ours, theirs)
    return [{ app, source, fact, ours, theirs, agrees }]
  })
}

/** Without query and last slash; what an account chooses stands for everything. */
function sameUrl(ours, theirs) {
  const [one, other] = [ours, theirs].map((url) => url.replace(/[?#].*$/, '').replace(/\/$/, ''))
  if (one.toLowerCase() === other.toLowerCase()) return true
  const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const hole = /\{\{[^}]*\}\}|\[[a-z_]+\]|\{[a-zA-Z]+\}/
  const pattern = (url) => new RegExp(`^${url.split(hole).map(literal).join('[^/]+')}$`, 'i')
  return (hole.test(one) && pattern(one).test(other)) || (hole.test(other) && pattern(other).test(one))
}

function plain(name) {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}
