import { CAUSES, type Cause } from '../../src/domain/cause.ts'

/** A cause's corrective measures, as src/domain/measures has them. */
export interface CauseMeasures {
  readonly meaning: string
  readonly checks: readonly string[]
  readonly mends: readonly string[]
  readonly mended: string
}

/** Empty until src/domain/measures/catalogue.ts is there. */
const catalogue: Partial<Record<Cause, CauseMeasures>> = await import(
  '../../src/domain/measures/catalogue.ts' as string
)
  .then(({ MEASURES }) => MEASURES)
  .catch(() => ({}))

/** In a page and in an annotation nothing is known of the host: its places are shell variables. */
const fill = (text: string): string =>
  text.replace(/\{(\w+)\}/g, (_, word: string) =>
    word === 'expiry' || word === 'code' || word === 'status' ? `its ${word}` : `$${word.toUpperCase()}`,
  )

export const measures: readonly (CauseMeasures & { readonly cause: Cause })[] = CAUSES.flatMap((cause) => {
  const found = catalogue[cause]
  return found
    ? [
        {
          cause,
          meaning: fill(found.meaning),
          checks: found.checks.map(fill),
          mends: found.mends.map(fill),
          mended: fill(found.mended),
        },
      ]
    : []
})
