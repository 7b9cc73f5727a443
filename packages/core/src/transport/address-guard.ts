import { isIP } from 'node:net'
import { ProxyError } from '../errors.js'
import { isPublicAddress } from './address-class.js'
import { type AllowPrivate, isLocalhost } from './allow-private.js'
import { isSameAddress } from './ip-address.js'
import type { HostResolver } from './resolver.js'

/** Decides which addresses a connection may use. Every refusal is `target_denied` and names no address. */
export interface AddressGuard {
  /** The addresses to try for a host name or a literal, in order, each of them checked. */
  addressesFor(hostname: string, port: number): Promise<readonly string[]>
  /** Throws unless the peer of an open socket is the address that was checked. */
  checkPeer(peer: string | undefined, address: string, hostname: string, port: number): void
}

const mostAddresses = 16

/** The guard of every connection: public addresses, and what the operator excepted. */
export function createAddressGuard(allowPrivate: AllowPrivate, resolver: HostResolver): AddressGuard {
  const isAllowed = (address: string, hostname: string, port: number): boolean =>
    isPublicAddress(address) || allowPrivate.covers(address, port, hostname)

  return {
    addressesFor: async (hostname, port) => {
      if (isIP(hostname) !== 0) {
        if (!isAllowed(hostname, hostname, port)) throw denied()
        return [hostname]
      }
      const answers = await resolver.resolve(hostname)
      const allowed = answers.filter((address) => isAllowed(address, hostname, port))
      // One private answer refuses all; only of `localhost` the part that is excepted serves.
      if (allowed.length === 0 || (allowed.length < answers.length && !isLocalhost(hostname))) throw denied()
      return allowed.slice(0, mostAddresses)
    },
    checkPeer: (peer, address, hostname, port) => {
      if (peer === undefined || !isSameAddress(peer, address) || !isAllowed(peer, hostname, port)) throw denied()
    },
  }
}

function denied(): ProxyError {
  return new ProxyError('target_denied', 'The target is not at a public address.')
}
