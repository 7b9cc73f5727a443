import { type IpAddress, parseIpAddress, sharesPrefix } from './ip-address.js'

/**
 * What an API on the internet never has as its address: every block of IANA's IPv4 special-purpose registry,
 * reachable or not, with multicast, and the one public address that is private in Azure.
 */
export const specialIpv4Blocks = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared, carrier-grade NAT
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's host agent
  '169.254.0.0/16', // link local, with the metadata services of the clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // IETF protocol assignments
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
] as const

/** All of IPv6 that is handed out as global unicast. Mapped, compatible, translated and NAT64 forms lie outside. */
export const globalIpv6Block = '2000::/3'

/** The special blocks of IANA's IPv6 registry inside `2000::/3`. */
export const specialIpv6Blocks = [
  '2001::/23', // IETF protocol assignments: Teredo, benchmarks, AMT, AS112, ORCHID, DRIP
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4, which carries an IPv4 address
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
] as const

/** A block of addresses. */
export interface AddressBlock {
  readonly base: IpAddress
  readonly bits: number
}

/** Reads `address/bits`; undefined when it is not that. Bits beyond the prefix do not matter. */
export function parseBlock(text: string): AddressBlock | undefined {
  const slash = text.indexOf('/')
  const base = parseIpAddress(text.slice(0, slash))
  const length = text.slice(slash + 1)
  if (slash === -1 || base === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined
  const bits = Number(length)
  return bits > (base.version === 4 ? 32 : 128) ? undefined : { base, bits }
}

const globalIpv6 = blocksOf([globalIpv6Block])
const specialIpv4 = blocksOf(specialIpv4Blocks)
const specialIpv6 = blocksOf(specialIpv6Blocks)

/**
 * Whether an address literal (no brackets) is one that a request may go to without the operator's exception.
 * What cannot be read, or names a zone, is not public.
 */
export function isPublicAddress(text: string): boolean {
  const address = parseIpAddress(text)
  if (address === undefined) return false
  if (address.version === 4) return !isInside(address, specialIpv4)
  return isInside(address, globalIpv6) && !isInside(address, specialIpv6) && !isIsatap(address)
}

function isInside(address: IpAddress, blocks: readonly AddressBlock[]): boolean {
  return blocks.some(({ base, bits }) => sharesPrefix(address, base, bits))
}

/** RFC 5214: an interface id of `00-00-5e-fe` (with the u and g bits free) and then an IPv4 address. */
function isIsatap({ parts }: IpAddress): boolean {
  return ((parts[4] ?? 0) & 0xfcff) === 0 && parts[5] === 0x5efe
}

function blocksOf(texts: readonly string[]): readonly AddressBlock[] {
  return texts.map((text) => {
    const block = parseBlock(text)
    if (block === undefined) throw new TypeError(`not an address block: ${text}`)
    return block
  })
}
