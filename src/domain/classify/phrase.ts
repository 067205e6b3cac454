import { withoutAdvice } from './advice.ts'
import { classify } from './classify.ts'
import { readMeaning } from './meanings.ts'
import { allMeanings, allPhrases } from './parsed-message.ts'
import { type Match, matchPhrases } from './phrases.ts'
import { causeOfRow, RANK, type RowHead } from './row.ts'
import { ROWS } from './rows.ts'
import { words } from './words.ts'

/** Phrases of the table shown for one text; more tell no more. */
const MOST_SHOWN = 20

const nameOf = (row: RowHead) =>
  `${row.id} (${[causeOfRow(row), row.rank, ...(row.marks ?? [])].filter(Boolean).join(', ')})`

/** Words as one text in which only whole words are found. */
const joined = (texts: readonly string[]) => ` ${texts.join(' ')} `

/**
 * How a text is read, for people who add a phrase: its words, what matched, and which of the matches another one shadows;
 * then the phrases of the table that contain the whole text, which shadow it wherever they match.
 */
export function explainPhrase(text: string): string {
  const { cause, evidence } = classify({ code: 0, message: text })
  const parsed = words(text)
  const { texts } = parsed
  const read = withoutAdvice(parsed, true)
  const matches = matchPhrases(allPhrases(), read, true)
  const meant = readMeaning(allMeanings(), read, parsed.marks)
  const decided = evidence[0]
  const lines = matches.map(
    (match) => `  "${match.phrase}", ${nameOf(match.row)}${fate(match, matches, decided?.rule, meant?.row.id)}`,
  )
  if (meant !== undefined)
    lines.push(
      `  "${meant.ideas}", ${nameOf(meant.row)}${meant.row.id === decided?.rule ? ': decides' : ': shadowed, a phrase is exact'}`,
    )
  return `words: ${texts.map((word) => word || '…').join(' ')}
cause: ${cause}${decided === undefined ? '' : ` ("${decided.read}", ${decided.rule})`}
matched:
${lines.join('\n') || '  nothing'}
shadowed by (phrases that contain this text):
${containing(texts).join('\n') || '  nothing'}
`
}

function fate(match: Match, matches: readonly Match[], decided: string | undefined, meant: string | undefined): string {
  const longer = matches.find(
    (other) =>
      match.covered &&
      !other.covered &&
      other.start <= match.start &&
      other.end >= match.end &&
      other.end - other.start > match.end - match.start,
  )
  if (longer !== undefined) return `: shadowed by "${longer.phrase}", which is longer`
  if (match.covered) return ': shadowed by a longer phrase'
  if (causeOfRow(match.row) === undefined) return ': marks only'
  if (match.row.id === decided) return `: decides${shadows(match, matches)}`
  const winner = matches.find(({ row, covered }) => row.id === decided && !covered)
  if (winner === undefined) return `: shadowed by a ${decided === meant ? 'meaning' : 'number'}`
  const isHigher = RANK[winner.row.rank ?? 'reason'] > RANK[match.row.rank ?? 'reason']
  return `: shadowed by "${winner.phrase}", which ${isHigher ? 'has a higher rank' : 'stands later'}`
}

function shadows(match: Match, matches: readonly Match[]): string {
  const others = matches.filter(({ row }) => row.id !== match.row.id && causeOfRow(row) !== undefined)
  return others.length === 0 ? '' : `, shadows ${others.map(({ phrase }) => `"${phrase}"`).join(', ')}`
}

function containing(texts: readonly string[]): string[] {
  const wanted = joined(texts)
  const found = ROWS.flatMap((row) =>
    (row.phrases ?? [])
      .filter((phrase) => {
        const own = joined(words(phrase).texts)
        return own !== wanted && own.includes(wanted)
      })
      .map((phrase) => `  "${phrase}", ${nameOf(row)}`),
  )
  const more = found.length - MOST_SHOWN
  return more > 0 ? [...found.slice(0, MOST_SHOWN), `  … and ${more} more`] : found
}

if (import.meta.main) {
  const text = process.argv.slice(2).join(' ')
  if (text === '') {
    console.error('usage: npm run phrase -- "text of an error"')
    process.exitCode = 2
  } else console.log(explainPhrase(text))
}
