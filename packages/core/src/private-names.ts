/**
 * Names that no public zone delegates: special-use names (RFC 6761, 6762, 7686, 8375), `internal` (ICANN 2024), the
 * names that ICANN never delegates, and the habits of home routers and container networks. `test` and `example` are
 * left out: they lead nowhere.
 */
const privateSuffixes = new Set(
  `localhost local localdomain internal intranet private corp home lan mail host-local home.arpa in-addr.arpa ip6.arpa arpa
  invalid onion alt i2p consul docker kube svc domain workgroup router gateway`.split(/\s+/),
)

/** True when the lower-case host is, or lies below, a name for private networks; single labels always are. */
export function isPrivateName(hostname: string): boolean {
  const lastDot = hostname.lastIndexOf('.')
  return lastDot === -1 || privateSuffixes.has(hostname.slice(lastDot + 1))
}
