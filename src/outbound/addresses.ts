import ipaddr from 'ipaddr.js'

/** Why an address is not an ordinary public one. */
export type SpecialUse =
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link_local'
  | 'metadata'
  | 'unspecified'
  | 'multicast'
  | 'reserved'

/**
 * Where cloud platforms answer with credentials: AWS, Google, Azure and others (169.254.169.254), ECS and EKS, Oracle,
 * Alibaba, and Azure's WireServer, which lies in a public range.
 */
const METADATA = [
  '169.254.169.254',
  '169.254.169.253',
  '169.254.169.123',
  '169.254.170.2',
  '169.254.170.23',
  '192.0.0.192',
  '100.100.100.200',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd00:ec2::253',
  'fd00:ec2::123',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fe80::a9fe:a9fe',
]

/** The IANA special-purpose address registries (RFC 6890 and its updates), and what multicast (RFC 5771, RFC 4291) adds. */
const SPECIAL: readonly (readonly [cidr: string, use: SpecialUse])[] = [
  ['0.0.0.0/8', 'unspecified'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link_local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'reserved'],
  ['192.31.196.0/24', 'reserved'],
  ['192.52.193.0/24', 'reserved'],
  ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'],
  ['192.175.48.0/24', 'reserved'],
  ['198.18.0.0/15', 'reserved'],
  ['198.51.100.0/24', 'reserved'],
  ['203.0.113.0/24', 'reserved'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::1/128', 'loopback'],
  ['::/96', 'unspecified'],
  ['64:ff9b:1::/48', 'private'],
  ['100::/64', 'reserved'],
  ['100:0:0:1::/64', 'reserved'],
  ['2001::/23', 'reserved'],
  ['2001:db8::/32', 'reserved'],
  ['2002::/16', 'reserved'],
  ['2620:4f:8000::/48', 'reserved'],
  ['3fff::/20', 'reserved'],
  ['5f00::/16', 'reserved'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'link_local'],
  ['fec0::/10', 'private'],
  ['ff00::/8', 'multicast'],
]

type Address = ipaddr.IPv4 | ipaddr.IPv6
const metadata = new Set(METADATA.map((text) => ipaddr.parse(text).toNormalizedString()))
const special = SPECIAL.map(([cidr, use]) => [ipaddr.parseCIDR(cidr), use] as const)
/** Only 2000::/3 is handed out for global unicast (RFC 4291 section 2.4): what lies outside is no public address, listed or not. */
const globalUnicast = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number]
const translated = ipaddr.parseCIDR('64:ff9b::/96') as [ipaddr.IPv6, number]

/**
 * The address that packets reach in the end: an IPv4 address that an IPv6 one carries, mapped (RFC 4291) or translated by
 * NAT64 (RFC 6052), is judged as itself.
 * @returns undefined if the text is no address in its usual form
 */
export function effectiveAddress(text: string): Address | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined
  const address = ipaddr.parse(text)
  if (address instanceof ipaddr.IPv4) return address
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  if (address.match(translated)) return new ipaddr.IPv4(address.toByteArray().slice(12))
  return address
}

/** @returns undefined for an ordinary public address */
export function specialUse(address: Address): SpecialUse | undefined {
  const withoutZone = ipaddr.fromByteArray(address.toByteArray())
  if (metadata.has(withoutZone.toNormalizedString())) return 'metadata'
  for (const [range, use] of special) if (within(address, range)) return use
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast) ? undefined : 'reserved'
}

/** Whether the address lies in the network; those of the other family never do. */
export function within(address: Address, [network, bits]: readonly [Address, number]): boolean {
  return address.kind() === network.kind() && address.match(network as never, bits)
}
