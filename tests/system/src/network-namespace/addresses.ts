/** Numbers from 0 (inclusive) to `below`, the same ones in every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Blocks of IPv4 that are not on the internet, as base and prefix length. */
const specialIpv4: ReadonlyArray<readonly [base: string, bits: number]> = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['169.254.169.254', 32],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Ways to put an IPv4 address, as two hexadecimal groups, into one of IPv6. */
const carriers: ReadonlyArray<(high: string, low: string) => string> = [
  (high, low) => `::ffff:${high}:${low}`,
  (high, low) => `::${high}:${low}`,
  (high, low) => `::ffff:0:${high}:${low}`,
  (high, low) => `64:ff9b::${high}:${low}`,
  (high, low) => `64:ff9b:1::${high}:${low}`,
  (high, low) => `2002:${high}:${low}::1`,
  (high, low) => `2001:0:${high}:${low}::1`,
  (high, low) => `2606:4700::5efe:${high}:${low}`,
  (high, low) => `2606:4700::200:5efe:${high}:${low}`,
]

const specialIpv6 = [
  '::',
  '::1',
  'fc00::',
  'fd00:ec2::254',
  'fe80::',
  'fec0::',
  'ff02::1',
  '100::',
  '2001:db8::',
  '3fff::',
  '5f00::',
]

/** First and last address of each block, and `perBlock` from within; the IPv6 ones carry an IPv4 one or are special. */
export function privateAddresses(perBlock: number): { readonly ipv4: string[]; readonly ipv6: string[] } {
  const random = seeded(1)
  const ipv4 = specialIpv4.flatMap(([base, bits]) => {
    const first = base.split('.').reduce((value, byte) => value * 256 + Number(byte), 0)
    const size = 2 ** (32 - bits)
    const inside = Array.from({ length: size === 1 ? 0 : perBlock }, () => first + random(size))
    return [first, first + size - 1, ...inside].map(dotted)
  })
  const carried = ipv4.flatMap((address) => carriers.map((carry) => carry(...hexGroups(address))))
  const group = (): string => random(65_536).toString(16)
  const special = specialIpv6.flatMap((base) => [
    base,
    ...(base.endsWith('::') && base !== '::'
      ? Array.from({ length: perBlock }, () => `${base}${group()}:${group()}`)
      : []),
  ])
  return { ipv4, ipv6: [...carried, ...special] }
}

/** `count` addresses of networks on the internet. */
export function publicAddresses(count: number): { readonly ipv4: string[]; readonly ipv6: string[] } {
  const random = seeded(2)
  const indexes = Array.from({ length: count }, (_, index) => index)
  return {
    ipv4: indexes.map(() => `93.${184 + random(8)}.${random(256)}.${random(256)}`),
    ipv6: indexes.map(() => `2606:4700:${random(65_536).toString(16)}::${(1 + random(65_535)).toString(16)}`),
  }
}

/** Spellings of one IPv4 address that some parser somewhere reads as that address. */
export function spellings(address: string): string[] {
  const bytes = address.split('.').map(Number)
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  const value = ((a * 256 + b) * 256 + c) * 256 + d
  const octal = bytes.map((byte) => `0${byte.toString(8)}`)
  const hex = bytes.map((byte) => `0x${byte.toString(16)}`)
  const wide = [...address].map((sign) => (sign === '.' ? '。' : String.fromCodePoint(0xff10 + Number(sign)))).join('')
  const encoded = [...address].map((sign) => `%${sign.charCodeAt(0).toString(16)}`).join('')
  return [
    address,
    `${address}.`,
    String(value),
    `0x${value.toString(16)}`,
    `0${value.toString(8)}`,
    octal.join('.'),
    hex.join('.'),
    hex.join('.').toUpperCase(),
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    `${hex[0]}.${octal[1]}.${c}.${d}`,
    `00${octal.join('.00')}`,
    wide,
    encoded,
    `[::ffff:${address}]`,
    `[::ffff:${hexGroups(address).join(':')}]`,
    `[0:0:0:0:0:ffff:${hexGroups(address).join(':')}]`,
    `[::${address}]`,
    `[64:ff9b::${address}]`,
    `[${address}]`,
    `[::ffff:${address}%25lo]`,
  ]
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

function hexGroups(address: string): [high: string, low: string] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)]
}
