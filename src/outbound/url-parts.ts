import { canonicalUrl } from '../domain/report/canonical-url.ts'

/** The host without the brackets of an IPv6 address. */
export const bareHost = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1')

/** The host as messages show it: labels that look like secrets are masked. */
export const shownHost = (url: URL): string =>
  /^https?:\/\/(.*?)(:[0-9]+)?\/?$/.exec(canonicalUrl(url.origin) ?? '')?.[1] ?? 'its host'

/** The effective port, also where the URL names none. */
export const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80))
