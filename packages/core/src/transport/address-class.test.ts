import fc from 'fast-check'
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
      : ipaddr
          .fromByteArray(bytes.map((_, index) => Number((value >> (width - 8n - 8n * BigInt(index))) & 255n)))
          .toString()
  const inside = [first, first + size / 2n, first + size - 1n].map(spell).filter((text) => text !== undefined)
  return { inside, below: spell(first - 1n), above: spell(first + size) }
}

/** Blocks that touch another special one, with the side on which they do. */
const touching: Readonly<Record<string, 'below' | 'above'>> = { '224.0.0.0/4': 'above', '240.0.0.0/4': 'below' }

describe('special blocks', () => {
  it.each([...specialIpv4Blocks, ...specialIpv6Blocks])('%s is refused whole, and its neighbours are not', (block) => {
    const { inside, below, above } = edges(block)
    for (const address of inside) expect(isPublicAddress(address), address).toBe(false)
    if (below !== undefined) expect(isPublicAddress(below), below).toBe(touching[block] !== 'below')
    if (above !== undefined) expect(isPublicAddress(above), above).toBe(touching[block] !== 'above')
  })

  it('nothing outside global unicast is public', () => {
    const { inside, below, above } = edges(globalIpv6Block)
    for (const address of inside) expect(isPublicAddress(address), address).toBe(true)
    for (const address of [below, above]) expect(isPublicAddress(address ?? ''), address).toBe(false)
  })
})

describe('addresses of every kind', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '93.184.216.34',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:800::200e',
    '2001:4860:4860::8888',
    '2001:200::1',
    '2600:1f18::0:5eff:a00:1', // close to an ISATAP id
    '2606:4700::5ef:e0a0:1',
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([
    // loopback, private, metadata
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    '255.255.255.255',
    '224.0.0.1',
    '::',
    '::1',
    'fe80::1',
    'fec0::1',
    'fc00::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    'ff02::1',
    '100::1',
    '5f00::1',
    // an IPv4 address inside: mapped, compatible, translated, NAT64 (well known and local), 6to4, Teredo
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:FFFF:7F00:0001',
    '::ffff:169.254.169.254',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '::7f00:1',
    '::8.8.8.8',
    '::ffff:0:127.0.0.1',
    '::ffff:0:7f00:1',
    '::ffff:0:8.8.8.8',
    '64:ff9b::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::127.0.0.1',
    '64:ff9b:1:7f00:0:100::',
    '64:ff9b:1:ffff:ffff:ffff:ffff:ffff',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '2002:808:808::1',
    '2001:0:7f00:1::',
    '2001::ffff:80ff:fffe',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    // ISATAP, with each value of the u and g bits
    '2606:4700::5efe:127.0.0.1',
    '2606:4700::200:5efe:127.0.0.1',
    '2606:4700::100:5efe:a00:1',
    '2606:4700::300:5efe:a00:1',
    '2a00:1450::5efe:8.8.8.8',
    'fe80::5efe:127.0.0.1',
    // documentation, benchmarks, ORCHID, DRIP, AS112, AMT
    '2001:db8::1',
    '3fff::1',
    '3fff:fff::1',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '2001:30::1',
    '2001:3::1',
    '2001:4:112::1',
    '2620:4f:8000::1',
    '192.175.48.1',
    '192.31.196.1',
    '192.52.193.1',
    '192.88.99.1',
    // a zone makes it this machine's business
    'fe80::1%eth0',
    '::1%lo',
    '2606:4700:4700::1111%eth0',
    '2606:4700:4700::1111%1',
    // not an address
    '',
    ' ',
    'localhost',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '127.0.1',
    '1.1.1.1.',
    '1.1.1.1:80',
    '[2606:4700:4700::1111]',
    '1.1.1',
    '1.1.1.256',
    '１.1.1.1',
    '1.1.1.1\n',
    '1.1.1.1/32',
    '2606:4700:4700::g',
  ])('%j is not', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})

function inFull(ip: ipaddr.IPv6): string {
  return ip.parts.map((part) => part.toString(16).padStart(4, '0')).join(':')
}

describe('random addresses', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const address = fc
    .oneof(
      bytes(4),
      bytes(16),
      bytes(16).map((id) => Uint8Array.of(0x20 | ((id[0] ?? 0) & 0x1f), ...id.subarray(1))),
    )
    .map((value) => ipaddr.fromByteArray([...value]))

  it('are never public when another list of special ranges says otherwise, in any spelling', () => {
    fc.assert(
      fc.property(address, (ip) => {
        const spellings = [ip.toString(), ip.toNormalizedString()]
        if (ip instanceof ipaddr.IPv6) spellings.push(inFull(ip), ip.toString().toUpperCase())
        const verdicts = spellings.map(isPublicAddress)
        expect(new Set(verdicts).size).toBe(1)
        if (ip.range() !== 'unicast') expect(verdicts[0]).toBe(false)
      }),
      { numRuns: 5_000 },
    )
  })

  it('are never public inside a form that carries IPv4', () => {
    const carriers = [
      (v4: string) => `::ffff:${v4}`,
      (v4: string) => `::${v4}`,
      (v4: string) => `::ffff:0:${v4}`,
      (v4: string) => `64:ff9b::${v4}`,
      (v4: string) => `64:ff9b:1::${v4}`,
      (v4: string) => `2606:4700::5efe:${v4}`,
      (v4: string) => `2606:4700::200:5efe:${v4}`,
    ]
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom(...carriers), (v4, carry) => {
        expect(isPublicAddress(carry(v4))).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })
})
