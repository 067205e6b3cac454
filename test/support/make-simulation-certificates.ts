import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

/** Makes the fixed certificates of the stand-in application again. They are public, so they prove nothing. */
const FOLDER = join(import.meta.dirname, '../../tools/demo/certificates')
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
x509.cryptoProvider.set(webcrypto as never)

const from = new Date('2020-01-01T00:00:00Z')
const until = new Date('2120-01-01T00:00:00Z')
const keys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>
const issuer = await keys()
const NAME = [{ CN: ['webhook-error-exporter simulation'] }]

async function make(
  file: string,
  pair: webcrypto.CryptoKeyPair,
  subject: string,
  notAfter: Date,
  extensions: x509.Extension[],
) {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex'),
    subject: file === 'ca' ? NAME : [{ CN: [subject] }],
    issuer: NAME,
    notBefore: from,
    notAfter,
    publicKey: pair.publicKey as never,
    signingKey: issuer.privateKey as never,
    signingAlgorithm: algorithm,
    extensions,
  })
  writeFileSync(join(FOLDER, `${file}.pem`), `${certificate.toString('pem')}\n`)
  if (file === 'ca') return
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey))
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n')
  writeFileSync(join(FOLDER, `${file}.key.pem`), `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`)
}

const names = (...dns: string[]) => [
  new x509.SubjectAlternativeNameExtension([
    ...dns.map((value) => ({ type: 'dns' as const, value })),
    ...(dns.includes('localhost') ? ['127.0.0.1', '::1'] : []).map((value) => ({ type: 'ip' as const, value })),
  ]),
]
/** The second one is the receiver's name in examples/compose. */
const OURS = names('localhost', 'application')
await make('ca', issuer, '', until, [
  new x509.BasicConstraintsExtension(true, undefined, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
])
await make('good', await keys(), 'localhost', until, OURS)
await make('expired', await keys(), 'localhost', new Date('2021-01-01T00:00:00Z'), OURS)
await make('other-name', await keys(), 'other.example', until, names('other.example'))
