import ipaddr from 'ipaddr.js'

/**
 * One entry of `outbound.allow`: a network (an address alone is a network of one) or a host name, for every port unless
 * one is given.
 */
export type Allowance = { readonly port?: number } & (
  | { readonly network: ipaddr.IPv4 | ipaddr.IPv6; readonly bits: number }
  | { readonly host: string }
)

/** What an entry may be, for messages. */
export const ALLOWANCE_FORMS =
  'write a host name (app.internal), host:port (app.internal:8080), an address (10.1.2.3), address:port (10.1.2.3:8080, [fd00::1]:8080) or a network (10.0.0.0/8)'

/** Host names as URLs carry them: lower case, without the root's dot. */
export const hostName = (text: string): string => text.toLowerCase().replace(/\.$/, '')

/**
 * Reads `10.0.0.0/8`, `fd00::/8`, `192.168.1.5`, `192.168.1.5:8080`, `[fd00::1]:8080`, `app.internal` or `app.internal:8080`.
 * @returns undefined if the text is none of these
 */
export function parseAllowance(text: string): Allowance | undefined {
  // `::1:9000` is an address as well, so that an IPv6 address needs brackets before a port.
  const whole = address(text.replace(/^\[(.*)\]$/, '$1'))
  if (whole) return whole
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text)) {
    const [network, bits] = ipaddr.parseCIDR(text)
    return { network, bits }
  }
  const [, name = text, digits] = /^(.*):([0-9]{1,5})$/.exec(text) ?? []
  const port = digits === undefined ? undefined : Number(digits)
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined
  const place = name.startsWith('[') && name.endsWith(']') ? address(name.slice(1, -1)) : (ipv4(name) ?? host(name))
  return place && (port === undefined ? place : { ...place, port })
}

const ipv4 = (text: string): Allowance | undefined =>
  ipaddr.IPv4.isValidFourPartDecimal(text) ? { network: ipaddr.parse(text), bits: 32 } : undefined

const address = (text: string): Allowance | undefined =>
  ipv4(text) ??
  (ipaddr.IPv6.isValid(text) && text.includes(':') && !text.includes('%')
    ? { network: ipaddr.parse(text), bits: 128 }
    : undefined)

function host(text: string): Allowance | undefined {
  // A name that ends in a number is an address in another spelling, which no URL's host ever has.
  const isName = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/.test(text) && !/(^|\.)(0x[0-9a-f]*|[0-9]+)\.?$/i.test(text)
  return isName ? { host: hostName(text) } : undefined
}

/** What is wrong with an entry that `parseAllowance` does not read. */
export function allowanceFault(text: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return 'is a URL'
  if (text.includes('*')) return 'has a wildcard, which is not supported'
  if (/\/\d+:\d+$/.test(text)) return 'is a network with a port'
  if (text.includes('/')) return 'is not a network'
  if (/:\d+$/.test(text) && !/:([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])$/.test(text))
    return 'has no port from 1 to 65535'
  return 'is not understood'
}
