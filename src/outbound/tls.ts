import type { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { OutboundFault, type OutboundRequest } from '../domain/ports/outbound-client.ts'
import { visibleText } from '../domain/text/external-text.ts'
import type { CertificateFault, TlsFacts } from '../domain/verdict/probe.ts'
import { handshakeFault } from './fault.ts'

// Not imported: an import reads every export, among them the list of root certificates (1 MiB, 10 ms).
const { connect: tlsConnect } = process.getBuiltinModule('node:tls')

const DAY = 86_400_000
const MOST_NAMES = 20

/** Why verification failed: Node's name for the check of the name, OpenSSL's for the rest. */
const FAULTS: Readonly<Record<string, CertificateFault>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong_name',
  HOSTNAME_MISMATCH: 'wrong_name',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not_yet_valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self_signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  CERT_UNTRUSTED: 'untrusted',
  CERT_REVOKED: 'revoked',
}

/**
 * Shakes hands over a connected socket and verifies chain, validity and name. Node does not reject here,
 * because the facts of a certificate that fails are wanted most.
 * @returns the secured socket and what was seen; the caller judges `facts.authorized`
 * @throws OutboundFault, or the signal's reason; the socket is destroyed then
 */
export function secure(
  socket: Socket,
  { host, credentials, now }: { host: string; credentials: Pick<OutboundRequest, 'ca' | 'cert' | 'key'>; now: number },
  signal: AbortSignal,
): Promise<{ secured: TLSSocket; facts: TlsFacts | undefined }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ secured: TLSSocket; facts: TlsFacts | undefined }>()
  const name = host.replace(/\.$/, '')
  let secured: TLSSocket
  try {
    secured = tlsConnect({
      socket,
      host: name,
      // SNI carries names only (RFC 6066 section 3).
      servername: isIP(name) ? '' : name,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...(credentials.ca === undefined ? {} : { ca: credentials.ca }),
      ...(credentials.cert === undefined ? {} : { cert: credentials.cert }),
      ...(credentials.key === undefined ? {} : { key: credentials.key }),
    })
  } catch {
    socket.destroy()
    throw new OutboundFault('tls', 'the configured CA, client certificate or key is invalid, or they do not match')
  }
  const abort = () => {
    secured.destroy()
    reject(signal.reason)
  }
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  secured.on('error', (error) => reject(handshakeFault(error)))
  secured.once('close', () => reject(handshakeFault(undefined)))
  secured.once('secureConnect', () => resolve({ secured, facts: factsOf(secured, now) }))
  return promise.finally(() => signal.removeEventListener('abort', abort))
}

function factsOf(secured: TLSSocket, now: number): TlsFacts | undefined {
  const certificate: X509Certificate | undefined = secured.getPeerX509Certificate()
  if (!certificate) return undefined
  const notAfter = certificate.validToDate.getTime()
  // Typed as an Error, but it is the code; where there is none, the message.
  const code = String(secured.authorizationError ?? '')
  return {
    protocol: secured.getProtocol() ?? 'unknown',
    authorized: secured.authorized,
    ...(secured.authorized ? {} : { fault: FAULTS[code] ?? 'other', reason: visibleText(code, 100) }),
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    names: [...(certificate.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,\s"]{1,253})/g)]
      .slice(0, MOST_NAMES)
      .map(([, text]) => visibleText(text!, 253)),
    notBefore: certificate.validFromDate.getTime(),
    notAfter,
    daysLeft: Math.floor((notAfter - now) / DAY),
  }
}

/** Node puts each part on its own line. */
const distinguishedName = (lines = ''): string => visibleText(lines.replaceAll('\n', ', '), 200)
