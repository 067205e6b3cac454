import { createHash } from 'node:crypto'

const HEX = '0123456789abcdef'
const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
const UPPER = LOWER.toUpperCase()
const WORD = UPPER + LOWER + DIGITS

/** Evenly spread characters, the same for the same seed. */
function characters(alphabet: string, length: number, seed: string): string {
  let text = ''
  for (let round = 0; text.length < length; round++)
    for (const byte of createHash('sha256').update(`${seed} ${round}`).digest())
      text += alphabet[byte % alphabet.length]
  return text.slice(0, length)
}
/** Letters that follow no rule, as few passwords are. */
export const lowerCase = (seed: string, length: number): string => characters(LOWER, length, seed)
const bytes = (length: number, seed: string): Buffer => Buffer.from(characters(HEX, 2 * length, seed), 'hex')
const part = (seed: string, members: object): string =>
  Buffer.from(JSON.stringify({ ...members, seed })).toString('base64url')
const groups = (alphabet: string, sizes: readonly number[], seed: string): string =>
  sizes.map((size, index) => characters(alphabet, size, `${seed} ${index}`)).join('-')

/** Credentials in the formats of their issuers, by name; another one for each seed. */
export const SECRET_FORMATS: Readonly<Record<string, (seed: string) => string>> = {
  'Stripe secret key': (seed) => `sk_live_${characters(WORD, 24, seed)}`,
  'Stripe restricted key': (seed) => `rk_live_${characters(WORD, 24, seed)}`,
  'Stripe webhook secret': (seed) => `whsec_${characters(WORD, 32, seed)}`,
  'GitHub token': (seed) => `ghp_${characters(WORD, 36, seed)}`,
  'GitHub fine-grained token': (seed) => `github_pat_${characters(WORD, 22, seed)}_${characters(WORD, 59, `${seed}b`)}`,
  'GitLab token': (seed) => `glpat-${characters(`${WORD}_-`, 20, seed)}`,
  'npm token': (seed) => `npm_${characters(WORD, 36, seed)}`,
  'PyPI token': (seed) => `pypi-AgEIcHlwaS5vcmc${characters(WORD, 60, seed)}`,
  'Slack bot token': (seed) => `xoxb-${characters(DIGITS, 12, seed)}-${characters(WORD, 24, `${seed}b`)}`,
  'Slack webhook path': (seed) =>
    `https://hooks.slack.com/services/T${characters(UPPER + DIGITS, 8, seed)}/B${characters(UPPER + DIGITS, 8, `${seed}b`)}/${characters(WORD, 24, `${seed}c`)}`,
  'Discord bot token': (seed) =>
    `${characters(WORD, 24, seed)}.${characters(WORD, 6, `${seed}b`)}.${characters(`${WORD}_-`, 38, `${seed}c`)}`,
  'Telegram bot token': (seed) => `${characters('123456789', 10, seed)}:AA${characters(`${WORD}_-`, 33, `${seed}b`)}`,
  'AWS access key id': (seed) => `AKIA${characters(UPPER + DIGITS, 16, seed)}`,
  'AWS secret access key': (seed) => bytes(30, seed).toString('base64'),
  'AWS session token': (seed) => `IQoJb3JpZ2lu${bytes(120, seed).toString('base64')}`,
  'Google API key': (seed) => `AIza${characters(`${WORD}_-`, 35, seed)}`,
  'Google OAuth secret': (seed) => `GOCSPX-${characters(`${WORD}_-`, 28, seed)}`,
  'Google access token': (seed) => `ya29.${characters(`${WORD}_-`, 60, seed)}`,
  'Azure storage key': (seed) => bytes(64, seed).toString('base64'),
  'Azure client secret': (seed) => `${characters(WORD, 3, seed)}8Q~${characters(`${WORD}_.-`, 34, `${seed}b`)}`,
  'Twilio account token': (seed) => characters(HEX, 32, seed),
  'Twilio API key': (seed) => `SK${characters(HEX, 32, seed)}`,
  'SendGrid key': (seed) => `SG.${characters(`${WORD}_-`, 22, seed)}.${characters(`${WORD}_-`, 43, `${seed}b`)}`,
  'Mailgun key': (seed) => `key-${characters(HEX, 32, seed)}`,
  'Mailchimp key': (seed) => `${characters(HEX, 32, seed)}-us12`,
  'Shopify token': (seed) => `shpat_${characters(HEX, 32, seed)}`,
  'Square token': (seed) => `EAAA${characters(`${WORD}_-`, 60, seed)}`,
  'PayPal access token': (seed) => `A21AA${characters(`${WORD}_-`, 92, seed)}`,
  'Adyen key': (seed) => `AQE${characters(WORD, 2, seed)}mfxHaB5I${bytes(60, seed).toString('base64')}`,
  'OpenAI key': (seed) => `sk-proj-${characters(`${WORD}_-`, 48, seed)}`,
  'Anthropic key': (seed) => `sk-ant-api03-${characters(`${WORD}_-`, 93, seed)}AA`,
  'Hugging Face token': (seed) => `hf_${characters(WORD, 34, seed)}`,
  'DigitalOcean token': (seed) => `dop_v1_${characters(HEX, 64, seed)}`,
  'Heroku key': (seed) => `HRKU-${groups(HEX, [8, 4, 4, 4, 12], seed)}`,
  'Vault token': (seed) => `hvs.${characters(WORD, 90, seed)}`,
  'Terraform token': (seed) => `${characters(WORD, 14, seed)}.atlasv1.${characters(WORD, 67, `${seed}b`)}`,
  'Docker token': (seed) => `dckr_pat_${characters(`${WORD}_-`, 27, seed)}`,
  'Databricks token': (seed) => `dapi${characters(HEX, 32, seed)}`,
  'Grafana token': (seed) => `glsa_${characters(WORD, 32, seed)}_${characters(HEX, 8, `${seed}b`)}`,
  'New Relic key': (seed) => `NRAK-${characters(UPPER + DIGITS, 27, seed)}`,
  'Sentry token': (seed) => `sntrys_${part(seed, { iat: 1_700_000_000 })}_${characters(WORD, 43, seed)}`,
  'PostHog key': (seed) => `phc_${characters(WORD, 43, seed)}`,
  'Linear key': (seed) => `lin_api_${characters(WORD, 40, seed)}`,
  'Atlassian token': (seed) => `ATATT3xFf${characters(`${WORD}_-`, 180, seed)}`,
  'Atlassian app password': (seed) => `ATBB${characters(WORD, 32, seed)}`,
  'Notion token': (seed) => `ntn_${characters(WORD, 46, seed)}`,
  'Airtable token': (seed) => `pat${characters(WORD, 14, seed)}.${characters(HEX, 64, `${seed}b`)}`,
  'Asana token': (seed) => `1/${characters('123456789', 16, seed)}:${characters(HEX, 32, `${seed}b`)}`,
  'Facebook token': (seed) => `EAACEdEose0cBA${characters(WORD, 60, seed)}`,
  'Mapbox token': (seed) => `sk.${part(seed, { u: 'shop' })}.${characters(`${WORD}_-`, 22, seed)}`,
  'Okta token': (seed) => `00${characters(`${WORD}_-`, 40, seed)}`,
  'Cloudflare key': (seed) => characters(HEX, 37, seed),
  'Dropbox token': (seed) => `sl.${characters(`${WORD}_-`, 130, seed)}`,
  'age key': (seed) => `AGE-SECRET-KEY-1${characters(UPPER + DIGITS, 58, seed)}`,
  'WireGuard key': (seed) => bytes(32, seed).toString('base64'),
  'Laravel key': (seed) => `base64:${bytes(32, seed).toString('base64')}`,
  'Express session': (seed) =>
    `s%3A${characters(`${WORD}_-`, 32, seed)}.${encodeURIComponent(bytes(32, seed).toString('base64'))}`,
  'Django key': (seed) => characters(`${LOWER}${DIGITS}!@#$%^&*(-_=+)`, 50, seed),
  'Jenkins token': (seed) => `11${characters(HEX, 32, seed)}`,
  'private key': (seed) =>
    `-----BEGIN PRIVATE KEY-----\n${bytes(48, seed).toString('base64')}\n-----END PRIVATE KEY-----`,
  'PGP key': (seed) =>
    `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${bytes(48, seed).toString('base64')}\n-----END PGP PRIVATE KEY BLOCK-----`,
  JWT: (seed) =>
    `${part('', { alg: 'HS256', typ: 'JWT' })}.${part(seed, { sub: '1' })}.${bytes(32, seed).toString('base64url')}`,
  'hexadecimal key of 64 digits': (seed) => characters(HEX, 64, seed),
  'Base64url of 32 bytes': (seed) => bytes(32, seed).toString('base64url'),
  'random text of 20 characters': (seed) => characters(WORD, 20, seed),
  'product key': (seed) => groups(UPPER + DIGITS, [5, 5, 5, 5, 5], seed),
  'database URL': (seed) => `postgres://app:${characters(WORD, 16, seed)}@db.example:5432/shop`,
  'URL with userinfo': (seed) => `https://app:${characters(WORD, 16, seed)}@shop.example/`,
  'URL with a token': (seed) => `https://shop.example/hook?token=${characters(WORD, 16, seed)}`,
  'named password': (seed) => `password=${characters(WORD, 12, seed)}`,
  'bearer header': (seed) => `Authorization: Bearer ${characters(WORD, 24, seed)}`,
  'basic header': (seed) => `Basic ${Buffer.from(`app:${characters(WORD, 12, seed)}`).toString('base64')}`,
}

/** The longest part of it that a text shows, in characters. */
export function shownPart(secret: string, text: string): number {
  let longest = 0
  for (let at = 0; at < secret.length; at++)
    while (at + longest < secret.length && text.includes(secret.slice(at, at + longest + 1))) longest++
  return longest
}

/** The characters of a credential that give access: without scheme, host and names around it, and public ids before it. */
export const secretPart = (secret: string): string =>
  /(?:app:|token=|password=|Bearer |Basic |services\/\w+\/\w+\/|\.atlasv1\.|^(?:1\/)?\d{10,}:)([^@\s]+)/.exec(
    secret,
  )?.[1] ?? secret
