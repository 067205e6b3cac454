import ipaddr from 'ipaddr.js'

/** One entry of `outbound.allow`: a network (an address alone is a network of one), or a host name with or without a port. */
export type Allowance =
  | { readonly network: ipaddr.IPv4 | ipaddr.IPv6; readonly bits: number }
  | { readonly host: string; readonly port?: number }

/** Host names as URLs carry them: lower case, without the root's dot. */
export const hostName = (text: string): string => text.toLowerCase().replace(/\.$/, '')

/**
 * Reads `10.0.0.0/8`, `fd00::/8`, `192.168.1.5`, `app.internal` or `app.internal:8080`.
 * @returns undefined where the text is none of these
 */
export function parseAllowance(text: string): Allowance | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return { network: ipaddr.parse(bare), bits: 32 }
  if (ipaddr.IPv6.isValid(bare) && !bare.includes('%')) return { network: ipaddr.parse(bare), bits: 128 }
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text)) {
    const [network, bits] = ipaddr.parseCIDR(text)
    return { network, bits }
  }
  const [, host, port] = /^([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)(?::([0-9]{1,5}))?$/.exec(text) ?? []
  // A name that ends in a number is an address in some other spelling, which no URL's host ever has.
  if (!host || /(^|\.)(0x[0-9a-f]*|[0-9]+)\.?$/i.test(host)) return undefined
  if (port === undefined) return { host: hostName(host) }
  return Number(port) >= 1 && Number(port) <= 65_535 ? { host: hostName(host), port: Number(port) } : undefined
}
