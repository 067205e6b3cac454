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

/**
 * Words without the advice and the guesses that people add to an error: "please check your internet connection" names no
 * reason, and "it could be the firewall" is not a finding. Each word from there to the end of the sentence becomes empty.
 * @param guesses whether guesses go too
 * @returns the same words if there is none
 */
export function withoutAdvice(texts: readonly string[], guesses: boolean): readonly string[] {
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
    for (; at < texts.length && texts[at] !== '|'; at++) copy[at] = ''
  }
  return copy ?? texts
}

function isAdvice(texts: readonly string[], at: number): boolean {
  if (!VERBS.has(texts[at]!) || !OBJECTS.has(texts[at + 1] ?? 'it')) return false
  // A challenge page asks a person to prove what it is: that is its answer, not advice about one.
  if (texts[at + 2] === 'you') return false
  const before = texts[at - 1]
  return before === undefined || before === '|' || before === 'please' || CONTINUED.has(before)
}

function isGuess(texts: readonly string[], at: number): boolean {
  if (HEDGES.has(texts[at]!)) return true
  if (!MODALS.has(texts[at]!) || texts[at + 1] !== 'be') return false
  return GUESSED_OF.has(texts[at - 1] ?? '') || GUESSED_AS.has(texts[at + 2] ?? '')
}
