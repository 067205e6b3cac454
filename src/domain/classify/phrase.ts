import { withoutAdvice } from './advice.ts'
import { classify } from './classify.ts'
import { readMeaning } from './meanings.ts'
import { allMeanings, allPhrases } from './parsed-message.ts'
import { matchPhrases } from './phrases.ts'
import { causeOfRow, type RowHead } from './row.ts'
import { words } from './words.ts'

/** How a text is read, for people who add a phrase: its words, its cause, and every phrase and meaning in it. */
export function explainPhrase(text: string): string {
  const { cause, evidence } = classify({ code: 0, message: text })
  const parsed = words(text)
  const read = withoutAdvice(parsed, true)
  const matches = matchPhrases(allPhrases(), read, true)
  const meaning = readMeaning(allMeanings(), read, parsed.marks)
  const rule = evidence[0]?.rule
  const line = (found: string, row: RowHead, isCovered = false) => {
    const says = [causeOfRow(row), row.rank, ...(row.marks ?? [])].filter(Boolean).join(', ')
    return `  "${found}", ${row.id} (${says})${isCovered ? ': inside a longer phrase' : row.id === rule ? ': decides' : ''}\n`
  }
  const lines = [
    ...matches.map(({ phrase, row, covered }) => line(phrase, row, covered)),
    ...(meaning === undefined ? [] : [line(meaning.ideas, meaning.row)]),
  ]
  return `words: ${parsed.texts.map((word) => word || '…').join(' ')}
cause: ${cause}${rule === undefined ? '' : ` ("${evidence[0]!.read}", ${rule})`}
matched:
${lines.join('') || '  nothing\n'}`
}

if (import.meta.main) {
  const text = process.argv.slice(2).join(' ')
  if (text === '') {
    console.error('usage: npm run phrase -- "text of an error"')
    process.exitCode = 2
  } else console.log(explainPhrase(text))
}
