import { safeName } from '../text/safe-name.ts'

export interface NamedEndpoint {
  readonly name: string
  /** Exact URLs, prefixes with a final `/*`, `{param}` for any one segment. */
  readonly urls: readonly string[]
  /** `SOURCE:REF`: what a source that names no URL calls it. */
  readonly refs?: readonly string[]
}

export interface Identity {
  /** A configured name, otherwise the canonical URL or the ref, otherwise `invalid`. */
  readonly endpoint: string
  /** The canonical URL, or the masked ref; for `invalid` the masked text, at most 255 characters. */
  readonly url: string
}

/** Characters of a ref that are shown. */
const LONGEST = 255

/** Finds the endpoint of a signal without a URL, by `SOURCE:REF`. */
export function refIdentifier(endpoints: readonly NamedEndpoint[]): (ref: string) => Identity {
  const names = new Map(endpoints.flatMap(({ name, refs = [] }) => refs.map((ref) => [ref, name] as const)))
  return (ref) => {
    const url = shownRef(ref)
    return { endpoint: names.get(ref) ?? url, url }
  }
}

/** A ref as it may be shown. */
export const shownRef = (ref: string): string => safeName(ref, LONGEST)

/** A ref's source. */
export const sourceOfRef = (ref: string): string => ref.slice(0, ref.indexOf(':'))

/** The sources that can name an endpoint: by a URL those that name URLs, by a ref its own. */
export const sourcesThatName = (
  { urls, refs = [] }: Pick<NamedEndpoint, 'urls' | 'refs'>,
  sources: readonly { readonly name: string; readonly kind: { readonly namesUrls: boolean } }[],
): string[] => {
  const byRef = new Set(refs.map(sourceOfRef))
  return sources
    .filter(({ name, kind }) => (kind.namesUrls && urls.length > 0) || byRef.has(name))
    .map(({ name }) => name)
}
