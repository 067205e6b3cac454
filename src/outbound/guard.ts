import { hostName, parseAllowance } from '../domain/ports/outbound.ts'
import { effectiveAddress, type SpecialUse, specialUse, within } from './addresses.ts'

/** Decides about addresses, not names: exactly those that will be connected to. */
export interface OutboundGuard {
  /**
   * @param host as the URL names it, without brackets
   * @param address that the name resolved to, or the host itself
   * @returns why there must be no connection; undefined if there may be one
   */
  refusal(host: string, port: number, address: string): SpecialUse | 'invalid' | undefined
}

/**
 * Public addresses are permitted. Others need an entry in `allow` (networks; addresses and host names, with or without a
 * port) and, for that host and port alone, from `internal` (`host:port` of each configured internalUrl). A name never
 * permits link-local addresses: only a network within them does. A metadata service needs its exact address.
 * @throws TypeError if an entry is none of these forms; the configuration was checked before
 */
export function outboundGuard(permissions: {
  readonly allow: readonly string[]
  readonly internal: readonly string[]
}): OutboundGuard {
  const entries = permissions.allow.map((text) => {
    const entry = parseAllowance(text)
    if (!entry) throw new TypeError(`outbound.allow: ${text} is not an address, network or host name`)
    return entry
  })
  const internal = new Set(permissions.internal.map(hostName))

  return {
    refusal(host, port, address) {
      const effective = effectiveAddress(address)
      if (!effective) return 'invalid'
      const use = specialUse(effective)
      if (!use) return undefined
      const closed = use === 'metadata' || use === 'link_local'
      if (!closed && internal.has(authority(hostName(host), port))) return undefined
      const allowed = entries.some((entry) => {
        if ((entry.port ?? port) !== port) return false
        if ('host' in entry) return !closed && entry.host === hostName(host)
        if (!within(effective, [entry.network, entry.bits])) return false
        if (use === 'metadata') return entry.bits === (effective.kind() === 'ipv4' ? 32 : 128)
        return use === 'link_local'
          ? specialUse(entry.network) === use && entry.bits >= (effective.kind() === 'ipv4' ? 16 : 10)
          : true
      })
      return allowed ? undefined : use
    },
  }
}

/** `host:port`, with brackets around an IPv6 address, as `internal` has it. */
export const authority = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
