import lexicon from './rows/lexicon.json' with { type: 'json' }
import { type Lexicon, tokenize, type Words } from './tokenizer.ts'

export { MARK, type Words } from './tokenizer.ts'

const LEXICON: Lexicon = {
  readAs: new Map(Object.entries(lexicon.readAs).map(([word, read]) => [word, read.split(' ')])),
  errorNames: new Set(lexicon.errorNames),
  units: new Set(lexicon.units),
}

/** A message as words: texts and phrases are read alike. Total, in bounded time; see tokenizer.ts. */
export const words = (message: string): Words => tokenize(message, LEXICON)
