import { CAUSES, type Cause } from '../../src/domain/cause.ts'
import { MEASURES, type Measure } from '../../src/domain/measures/catalogue.ts'

/** What stands in a page or an annotation, where nothing is known of the host: a variable to set, or words. */
const WORDS: Readonly<Record<string, string>> = {
  endpoint: '$ENDPOINT',
  host: '$HOST',
  port: '$PORT',
  url: '$URL',
  code: 'in the report',
  status: 'in the answer',
  expiry: 'see the dashboard',
}
const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, word: string) => WORDS[word] ?? whole)

/** The corrective measures of each cause, as the API has them with all of it filled in. */
export const measures: readonly (Measure & { readonly cause: Cause })[] = CAUSES.map((cause) => {
  const { meaning, checks, mends, mended } = MEASURES[cause]
  return { cause, meaning: fill(meaning), checks: checks.map(fill), mends: mends.map(fill), mended: fill(mended) }
})
