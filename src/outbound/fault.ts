import type { Cause } from '../domain/cause/cause.ts'
import type { CutOff } from '../domain/ports/cut-off.ts'
import { OutboundFault } from '../domain/ports/outbound-client.ts'

/** System errors (errno names, getaddrinfo names as Node gives them) that mean the same in each phase. */
const SYSTEM: Readonly<Record<string, readonly [Cause, string, CutOff?]>> = {
  ENOTFOUND: ['dns', 'the name does not resolve'],
  ENODATA: ['dns', 'the name has no address'],
  EAI_NODATA: ['dns', 'the name has no address'],
  EAI_NONAME: ['dns', 'the name does not resolve'],
  EAI_AGAIN: ['dns', 'the name servers did not answer', 'no_resolver'],
  EAI_FAIL: ['dns', 'the name servers refused to answer', 'no_resolver'],
  EAI_FAMILY: ['dns', 'the name has no address of a usable family'],
  EAI_ADDRFAMILY: ['dns', 'the name has no address of a usable family'],
  ECONNREFUSED: ['connection_refused', 'the connection was refused'],
  ECONNRESET: ['connection_reset', 'the connection was reset'],
  ECONNABORTED: ['connection_reset', 'the connection was aborted'],
  EPIPE: ['connection_reset', 'the connection was closed while the request was being sent'],
  EHOSTUNREACH: ['unreachable', 'the host cannot be reached'],
  ENETUNREACH: ['unreachable', 'there is no route to its network', 'no_route'],
  EHOSTDOWN: ['unreachable', 'the host is down'],
  ENETDOWN: ['unreachable', 'the network is down', 'no_route'],
  EADDRNOTAVAIL: ['unreachable', 'this host has no source address for the connection', 'no_route'],
  EAFNOSUPPORT: ['unreachable', 'this host does not support that address family', 'no_route'],
  ETIMEDOUT: ['timeout', 'the connection attempts were not answered'],
  EACCES: ['blocked', 'a rule on this host or its network forbids the connection'],
  EPERM: ['blocked', 'a rule on this host or its network forbids the connection'],
}

interface SystemError {
  readonly code?: string
  readonly syscall?: string
}

/** Classifies an error of a look-up or of a socket before TLS; every other one is `unknown`. */
export function systemFault(error: unknown): OutboundFault {
  const code = codeOf(error)
  const [reason, text, cutOff] = SYSTEM[code] ?? ['unknown', `an unexpected error of this host (${code || 'no code'})`]
  return new OutboundFault(reason, text, { cutOff })
}

/** OpenSSL reasons for bytes that are not TLS at all. */
const NO_TLS = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNKNOWN_PROTOCOL',
])

/** Classifies an error of the handshake: `tls`, a dropped connection included, unless the bytes are not TLS. */
export function handshakeFault(error: unknown): OutboundFault {
  const code = codeOf(error)
  if (NO_TLS.has(code)) {
    return new OutboundFault('protocol', 'the port does not speak TLS; is it plain HTTP?')
  }
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_OSSL_')) {
    return new OutboundFault('tls', `the TLS handshake failed: ${reasonOf(code)}`)
  }
  return new OutboundFault('tls', 'the connection was dropped during the TLS handshake')
}

/** Classifies an error between the request and the end of the answer. */
export function exchangeFault(error: unknown): OutboundFault {
  const code = codeOf(error)
  if (code === 'HPE_HEADER_OVERFLOW') return new OutboundFault('protocol', 'the response header is too large')
  if (code.startsWith('HPE_')) return new OutboundFault('protocol', 'the answer is not valid HTTP')
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_OSSL_')) {
    // TLS 1.3: the server's refusal of a client certificate arrives after the client has finished its handshake.
    return new OutboundFault('tls', `the server ended the TLS connection: ${reasonOf(code)}`, { phase: 'tls' })
  }
  // Node gives both an ECONNRESET; only what the kernel reported has a system call.
  if (code === 'ECONNRESET' && (error as SystemError).syscall === undefined) return endOfStream()
  return systemFault(error)
}

/** For an answer that ended early. */
export const endOfStream = (): OutboundFault =>
  new OutboundFault('protocol', 'the connection was closed before the answer was complete')

const codeOf = (error: unknown): string => String((error as SystemError | undefined)?.code ?? '').slice(0, 80)

/** `ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION` → `tlsv1 alert protocol version`. */
const reasonOf = (code: string): string =>
  code
    .replace(/^ERR_(SSL|OSSL)_/, '')
    .toLowerCase()
    .replaceAll('_', ' ')
