import { REMEDIES } from '../../src/domain/remedies/catalogue.ts'
import { REMEDY_IDS, type Remedy, type RemedyId } from '../../src/domain/remedies/remedy.ts'

/** What is in a page, where nothing is known of the endpoint: a variable to set, or words. */
const WORDS: Readonly<Record<string, string>> = {
  endpoint: '$ENDPOINT',
  host: '$HOST',
  port: '$PORT',
  url: '$URL',
  code: 'in the report',
  status: 'in the answer',
  expiry: '',
}

/** The remedies of each cause and its refinements, with these words for the placeholders. */
export function remediesWith(words: Readonly<Record<string, string>>): readonly (Remedy & { readonly id: RemedyId })[] {
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole)
  return REMEDY_IDS.map((id) => {
    const { meaning, checks, fixes, verify } = REMEDIES[id]
    return { id, meaning: fill(meaning), checks: checks.map(fill), fixes: fixes.map(fill), verify: fill(verify) }
  })
}

/** For a page: a quoted URL becomes a quoted variable. */
export const remedies = remediesWith({ ...WORDS, url: `'"$URL"'` }).map((remedy) => ({
  ...remedy,
  checks: remedy.checks.map(plainUrl),
  fixes: remedy.fixes.map(plainUrl),
  verify: plainUrl(remedy.verify),
}))

function plainUrl(text: string): string {
  return text.replaceAll(`''"$URL"''`, '"$URL"').replaceAll(`'"$URL"'`, '$URL')
}
