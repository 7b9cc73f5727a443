import { isIP } from 'node:net'
import { type AddressBlock, parseBlock } from './address-class.js'
import { parseIpAddress, sharesPrefix } from './ip-address.js'

/** The operator's exceptions from "public addresses only", compiled. */
export interface AllowPrivate {
  /** Whether a connection to this address and port is excepted; `hostname` is the name that led to the address. */
  covers(address: string, port: number, hostname?: string): boolean
  /** Whether a host of a target (name or literal, IPv6 with or without brackets) is excepted before it is resolved. */
  isExempt(host: string, port: number): boolean
}

interface Exception {
  readonly block: AddressBlock | undefined
  readonly hostname: string | undefined
  /** Undefined for every port. */
  readonly port: number | undefined
}

const loopback = ['127.0.0.1', '::1']

/**
 * Compiles `network.allowPrivate`: blocks (`10.0.0.0/8`), addresses and host names, the latter two also with a port
 * (`127.0.0.1:4010`, `[::1]:4010`, `vault.internal:8200`). Throws an error that names the entry it cannot read.
 */
export function compileAllowPrivate(entries: readonly string[]): AllowPrivate {
  const exceptions = entries.map(parseException)
  const covers = (address: string, port: number, hostname?: string): boolean => {
    if (exceptions.length === 0) return false
    const ip = parseIpAddress(address)
    const name = hostname?.toLowerCase()
    return exceptions.some(
      (exception) =>
        (exception.port === undefined || exception.port === port) &&
        (exception.block !== undefined
          ? ip !== undefined && sharesPrefix(ip, exception.block.base, exception.block.bits)
          : exception.hostname === name),
    )
  }
  return {
    covers,
    isExempt: (host, port) => {
      const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host.toLowerCase()
      if (isIP(bare) !== 0) return covers(bare, port)
      return covers('', port, bare) || (isLocalhost(bare) && loopback.some((address) => covers(address, port)))
    },
  }
}

/** `localhost` and the names under it, which RFC 6761 keeps on this machine. */
export function isLocalhost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost')
}

function parseException(entry: string): Exception {
  const block = parseBlock(entry) ?? blockOfAddress(entry)
  if (block !== undefined) return { block, hostname: undefined, port: undefined }

  const [, host = '', , portText] = /^(\[[^\]]*\]|[^:[\]]*)(:(\d{1,5}))?$/.exec(entry) ?? []
  const port = portText === undefined ? undefined : Number(portText)
  const bare = host.startsWith('[') ? host.slice(1, -1) : host
  const address = blockOfAddress(bare)
  const isBracketed = bare !== host
  const isAddress = address !== undefined && (isBracketed ? address.base.version === 6 : true)
  if ((port === undefined || (port > 0 && port < 65_536)) && (isAddress || (!isBracketed && isHostname(bare)))) {
    return { block: address, hostname: isAddress ? undefined : bare.toLowerCase(), port }
  }
  throw new Error(
    `network.allowPrivate: "${entry}" is not a block (10.0.0.0/8), an address or host name, or one of these with a port`,
  )
}

function blockOfAddress(text: string): AddressBlock | undefined {
  const base = parseIpAddress(text)
  return base && { base, bits: base.version === 4 ? 32 : 128 }
}

/** Letters, digits and hyphens; the last label is no number, which would make it another spelling of an address. */
function isHostname(text: string): boolean {
  const labels = text.split('.')
  return (
    text.length <= 253 &&
    labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/i.test(label)) &&
    !/^(\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '')
  )
}
