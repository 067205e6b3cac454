import { MARK, type Words } from './words.ts'

const set = (words: string) => new Set(words.split(' '))

/** What a text tells its reader to do begins so, at the start of a sentence or after "please". */
const VERBS = set('check verify ensure make confirm review consult contact see refer visit try retry wait double')
/** What follows the verb in advice, and not in an account: "check your URL", but "check failed". */
const OBJECTS = set(
  'your the that this if whether sure it all again for our to later logs is its back a an and us support network connectivity settings credentials',
)
const CONTINUED = set('and or then')
/** What may have caused it, in someone's opinion, begins so. */
const HEDGES = set('maybe possibly perhaps probably might often usually typically likely')
const MODALS = set('could may can')
/** "It could be", "this may be", and "may be due", but not "no connection could be made". */
const GUESSED_OF = set('it this that which they')
const GUESSED_AS = set('due caused because related the a an that down')

const WENT = set('went goes gone going')

/** What announces more advice, and not the error: "please check the following: …". */
const LISTED = set('following these this things points')

/**
 * Words without the advice and the guesses that people add to an error: "please check your internet connection" names no
 * reason, and "it could be the firewall" is not a finding. Each word from there to the end of the sentence becomes empty. Advice
 * ends at a colon and with its line too, because the error stands there: "see the details: connect ECONNREFUSED". In HTML
 * a line's end means nothing.
 * @param guesses whether guesses go too
 * @returns the same words if there is none
 */
export function withoutAdvice({ texts, marks, first }: Words, guesses: boolean): readonly string[] {
  let copy: string[] | undefined
  for (let at = 0; at < texts.length; at++) {
    // Something that went wrong says nothing of what is wrong.
    if (texts[at] === 'wrong' && WENT.has(texts[at - 1] ?? '')) {
      copy ??= [...texts]
      copy[at] = ''
      continue
    }
    if (!isAdvice(texts, at) && !(guesses && isGuess(texts, at))) continue
    copy ??= [...texts]
    for (; at < texts.length && texts[at] !== '|'; at++) {
      copy[at] = ''
      if (first !== '<' && (marks[at]! & MARK.LEADS) !== 0 && !LISTED.has(texts[at]!)) break
    }
  }
  return copy ?? texts
}

function isAdvice(texts: readonly string[], at: number): boolean {
  // What follows in some case is no account of this one.
  if (texts[at] === 'if' && startsSentence(texts, at)) return true
  if (!VERBS.has(texts[at]!) || !OBJECTS.has(texts[at + 1] ?? 'it')) return false
  // A challenge page asks a person to prove what it is: that is its answer, not advice about one.
  if (texts[at + 2] === 'you') return false
  const before = texts[at - 1] ?? ''
  return startsSentence(texts, at) || before === 'please' || CONTINUED.has(before)
}

const startsSentence = (texts: readonly string[], at: number) => at === 0 || texts[at - 1] === '|'

function isGuess(texts: readonly string[], at: number): boolean {
  if (HEDGES.has(texts[at]!)) return true
  // "Either the service is down or a firewall is in the way": a list of what it may be.
  if (texts[at] === 'either' && startsSentence(texts, at)) return true
  if (!MODALS.has(texts[at]!) || texts[at + 1] !== 'be') return false
  return GUESSED_OF.has(texts[at - 1] ?? '') || GUESSED_AS.has(texts[at + 2] ?? '')
}
