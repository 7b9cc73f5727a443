import { isIPv4, isIPv6 } from 'node:net'

/** An address as numbers, so that two spellings of it are equal: 4 bytes, or 8 groups of 16 bits. */
export type IpAddress =
  | { readonly version: 4; readonly parts: readonly number[] }
  | { readonly version: 6; readonly parts: readonly number[] }

/** Reads a literal without brackets. Undefined for anything else, and for a literal with a zone id. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { version: 4, parts: text.split('.').map(Number) }
  if (!isIPv6(text) || text.includes('%')) return undefined
  return { version: 6, parts: ipv6Groups(text) }
}

/** Whether the first `bits` bits of both are the same; false for two versions. */
export function sharesPrefix(address: IpAddress, other: IpAddress, bits: number): boolean {
  if (address.version !== other.version) return false
  const width = address.version === 4 ? 8 : 16
  for (let index = 0, left = bits; left > 0; index += 1, left -= width) {
    const different = (address.parts[index] ?? 0) ^ (other.parts[index] ?? 0)
    if (different >> Math.max(width - left, 0) !== 0) return false
  }
  return true
}

/** Whether two literals name the same address, however they are spelled. */
export function isSameAddress(one: string, other: string): boolean {
  if (one === other) return true
  const first = parseIpAddress(one)
  const second = parseIpAddress(other)
  return first !== undefined && second !== undefined && sharesPrefix(first, second, first.version === 4 ? 32 : 128)
}

/** `text` is known to be valid, so the two sides of `::` and a dotted tail are all there is to undo. */
function ipv6Groups(text: string): number[] {
  const [head = '', tail] = text.split('::')
  const first = groupsOf(head)
  if (tail === undefined) return first
  const last = groupsOf(tail)
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
}

function groupsOf(side: string): number[] {
  if (side === '') return []
  return side.split(':').flatMap((group) => {
    if (!group.includes('.')) return Number.parseInt(group, 16)
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}
