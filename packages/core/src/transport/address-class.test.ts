import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { globalIpv6Block, isPublicAddress, specialIpv4Blocks, specialIpv6Blocks } from './address-class.js'

/** The first and the last address of a block and its two neighbours; undefined beyond the ends of the space. */
function edges(block: string): { inside: string[]; below: string | undefined; above: string | undefined } {
  const [base, bits] = ipaddr.parseCIDR(block)
  const bytes = base.toByteArray()
  const width = BigInt(bytes.length * 8)
  const size = 1n << (width - BigInt(bits))
  const first = bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n)
  const spell = (value: bigint): string | undefined =>
    value < 0n || value >= 1n << width
      ? undefined
      : ipaddr.fromByteArray(bytes.map((_, index) => Number((value >> (width - 8n - 8n * BigInt(index))) & 255n))).toString()
  const inside = [first, first + size / 2n, first + size - 1n].map(spell).filter((text) => text !== undefined)
  return { inside, below: spell(first - 1n), above: spell(first + size) }
}

/** Blocks that touch another special one, with the side on which they do. */
const touching: Readonly<Record<string, 'below' | 'above'>> = { '224.0.0.0/4': 'above', '240.0.0.0/4': 'below' }

describe('special blocks', () => {
  it.each([...specialIpv4Blocks, ...specialIpv6Blocks])('%s is refused from first to last, its neighbours are not', (block) => {
    const { inside, below, above } = edges(block)
    for (const address of inside) expect(isPublicAddress(address), address).toBe(false)
    if (below !== undefined) expect(isPublicAddress(below), below).toBe(touching[block] !== 'below')
    if (above !== undefined) expect(isPublicAddress(above), above).toBe(touching[block] !== 'above')
  })

  it('nothing outside global unicast is public', () => {
    const { inside, below, above } = edges(globalIpv6Block)
    expect(isPublicAddress(inside[0] ?? '')).toBe(true)
    expect(isPublicAddress(inside[2] ?? '')).toBe(false) // 3fff:…, documentation? no: beyond /20, unallocated
    expect(isPublicAddress(below ?? '')).toBe(false)
    expect(isPublicAddress(above ?? '')).toBe(false)
  })
})
