import { humanDuration } from '../text/human.ts'
import type { CertificateFault, TlsFacts } from './probe.ts'

/**
 * What is wrong with a certificate, as part of a sentence: `certificate of shop.example expired 40 minutes ago`.
 * @param at milliseconds since the epoch, when the certificate was seen
 */
export const certificateProblem = (host: string, tls: TlsFacts, at: number): string =>
  SENTENCES[tls.fault ?? 'other'](host, tls, at)

const SENTENCES: Readonly<Record<CertificateFault, (host: string, tls: TlsFacts, at: number) => string>> = {
  // If the dates of the leaf are good, an intermediate or root has expired; its dates are not known.
  expired: (host, { notAfter }, at) =>
    at > notAfter
      ? `certificate of ${host} expired ${humanDuration(at - notAfter)} ago`
      : `certificate of ${host} chains to an intermediate or root that has expired`,
  not_yet_valid: (host, { notBefore }, at) =>
    at < notBefore
      ? `certificate of ${host} is not valid for another ${humanDuration(notBefore - at)}`
      : `certificate of ${host} chains to an intermediate or root that is not valid yet`,
  wrong_name: (host, { names, subject }) =>
    `certificate of ${host} is for ${names.slice(0, 3).join(', ') || subject || 'no name'}, not for ${host}`,
  self_signed: (host) => `certificate of ${host} is self-signed, so no client trusts it`,
  untrusted: (host, { issuer }) =>
    `certificate of ${host} is not from a trusted authority (issuer ${issuer || 'unnamed'}); an intermediate may be missing`,
  revoked: (host) => `certificate of ${host} has been revoked`,
  other: (host, { reason }) => `certificate of ${host} failed verification${reason ? ` (${reason})` : ''}`,
}
