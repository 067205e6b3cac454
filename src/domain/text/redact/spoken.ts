import { looksLikeId } from '../secret-shape.ts'
import { MASK, withoutClosing } from './tokens.ts'

/** Names of credentials as a sentence has them: "the password is …", "invalid token …", "passphrase '…'". */
const NAMED =
  /(?<![a-z0-9])(?:passwor[dt]|passwd|passphrase|passcode|secret|token|credentials?|(?:api|access|auth|signing|private|secret)[ -]key)(?:[ \t]{1,4}(?:is|was))?[ \t]{1,4}\\?["'`]?(?=[^\s"'`<>]{6})/gi
/** `user:password` of HTTP Basic where words or curl's option announce it. */
const PAIR =
  /(?<![\w-])(?:(?:-u|--user|--proxy-user)[ =]?|basic[ -](?:auth(?:entication)?|credentials?)(?:[ \t](?:as|for|of|using|with))?:?[ \t]{1,4}(?!(?:code|errors?|fail(?:ed|ure)|header|invalid|missing|realm|required|status|type):))["'`]?[^\s"'`<>:/]{1,100}:(?=[^\s"'`<>/])/gi
/** `-pPASSWORD` of the MySQL clients and `-p PASSWORD` of sshpass. */
const OPTION =
  /(?<![\w-])(?:(?:mysql|mariadb)(?:-?(?:dump|admin|import|show|check))?\b[^\r\n|;]{0,100}?[ \t]-p|sshpass[ \t]{1,4}-p[ \t]{0,4})["'`]?(?=[^\s"'`<>])/gi
const VALUE = /[^\s"'`<>]*/y

/**
 * Masks what follows the name of a credential with no sign between them, if it is no word. Names with `:` or `=`
 * behind them are those of `maskNamed`. Linear in the text's length, never throws.
 */
export function maskSpoken(text: string): string {
  return maskBehind(
    maskBehind(
      maskBehind(text, PAIR, () => true),
      OPTION,
      () => true,
    ),
    NAMED,
    isSecret,
  )
}

/** A mixture of letters and digits or random letters; numbers alone are positions and status codes, and URLs have their own rules. */
const isSecret = (value: string): boolean =>
  value.length >= 6 && /[a-z]/i.test(value) && !/:\/\/|[@=]|\*\*\*/.test(value) && looksLikeId(value)

function maskBehind(text: string, announced: RegExp, isMasked: (value: string) => boolean): string {
  let result = ''
  let from = 0
  for (const found of text.matchAll(announced)) {
    const start = found.index + found[0].length
    if (start < from) continue
    VALUE.lastIndex = start
    const value = withoutClosing(VALUE.exec(text)?.[0] ?? '')
    if (value === '' || value === MASK || !isMasked(value)) continue
    result += text.slice(from, start) + MASK
    from = start + value.length
  }
  return result + text.slice(from)
}
