import { MEASURE_IDS, MEASURES, type Measure, type MeasureId } from '../../src/domain/remedies/catalogue.ts'

/** What stands in a page, where nothing is known of the endpoint: a variable to set, or words. */
const WORDS: Readonly<Record<string, string>> = {
  endpoint: '$ENDPOINT',
  host: '$HOST',
  port: '$PORT',
  url: '$URL',
  code: 'in the report',
  status: 'in the answer',
  expiry: 'see the dashboard',
}

/** The corrective measures of each cause and its refinements, with these words for the placeholders. */
export function measuresWith(
  words: Readonly<Record<string, string>>,
): readonly (Measure & { readonly id: MeasureId })[] {
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole)
  return MEASURE_IDS.map((id) => {
    const { meaning, checks, mends, mended } = MEASURES[id]
    return { id, meaning: fill(meaning), checks: checks.map(fill), mends: mends.map(fill), mended: fill(mended) }
  })
}

/** For a page: a quoted URL becomes a quoted variable. */
export const measures = measuresWith({ ...WORDS, url: `'"$URL"'` }).map((measure) => ({
  ...measure,
  checks: measure.checks.map(plainUrl),
  mends: measure.mends.map(plainUrl),
  mended: plainUrl(measure.mended),
}))

function plainUrl(text: string): string {
  return text.replaceAll(`''"$URL"''`, '"$URL"').replaceAll(`'"$URL"'`, '$URL')
}
