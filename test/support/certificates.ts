import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** Certificates made while the test runs: nothing is committed, nothing expires. */
export interface Certificate {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

export interface Authority extends Certificate {
  issue(options: CertificateOptions): Promise<Certificate>
  /** An authority below this one. */
  intermediate(name: string): Promise<Authority>
}

export interface CertificateOptions {
  readonly names?: readonly string[]
  readonly addresses?: readonly string[]
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** Common name, of any characters; the first of the names unless given. */
  readonly subject?: string
}

const HOUR = 3_600_000
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
x509.cryptoProvider.set(webcrypto as never)

interface Issuer {
  readonly name: string
  readonly keys: webcrypto.CryptoKeyPair
}

export async function authority(name: string): Promise<Authority> {
  const keys = await generate()
  return asAuthority(name, keys, await caCertificate(name, keys, { name, keys }))
}

/** Signed by its own key, for the given names. */
export async function selfSigned(options: CertificateOptions): Promise<Certificate> {
  const keys = await generate()
  const name = options.names?.[0] ?? 'self'
  return leaf({ name, keys }, keys, options)
}

async function asAuthority(name: string, keys: webcrypto.CryptoKeyPair, cert: string): Promise<Authority> {
  const issuer = { name, keys }
  return {
    cert,
    key: await pem(keys),
    issue: async (options) => leaf(issuer, await generate(), options),
    async intermediate(below) {
      const own = await generate()
      return asAuthority(below, own, await caCertificate(below, own, issuer))
    },
  }
}

async function caCertificate(name: string, keys: webcrypto.CryptoKeyPair, issuer: Issuer): Promise<string> {
  return make(name, keys, issuer, {}, [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ])
}

async function leaf(
  issuer: Issuer,
  keys: webcrypto.CryptoKeyPair,
  { names = [], addresses = [], subject, ...times }: CertificateOptions,
): Promise<Certificate> {
  const cert = await make(subject ?? names[0] ?? addresses[0] ?? 'leaf', keys, issuer, times, [
    new x509.SubjectAlternativeNameExtension([
      ...names.map((value) => ({ type: 'dns' as const, value })),
      ...addresses.map((value) => ({ type: 'ip' as const, value })),
    ]),
  ])
  return { cert, key: await pem(keys) }
}

async function make(
  name: string,
  keys: webcrypto.CryptoKeyPair,
  issuer: Issuer,
  { notBefore = new Date(Date.now() - 48 * HOUR), notAfter = new Date(Date.now() + 720 * HOUR) }: CertificateOptions,
  extensions: x509.Extension[],
): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex'),
    subject: [{ CN: [name] }],
    issuer: [{ CN: [issuer.name] }],
    notBefore,
    notAfter,
    publicKey: keys.publicKey as never,
    signingKey: issuer.keys.privateKey as never,
    signingAlgorithm: algorithm,
    extensions,
  })
  return certificate.toString('pem')
}

const generate = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>

async function pem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
}
