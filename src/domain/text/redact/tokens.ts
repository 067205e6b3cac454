import { looksLikeName, looksLikeToken } from '../secret-shape.ts'
import { knownKeyAt } from './known-keys.ts'

/** What stands for a credential that was there. */
export const MASK = '***'

/** A value without the punctuation of the sentence around it: by a loop, since a pattern tries each run of it to its end. */
export function withoutClosing(value: string): string {
  let end = value.length
  while (end > 0 && '.,;:!?)]}&\\'.includes(value[end - 1]!)) end--
  return value.slice(0, end)
}

/** Masks keys with a documented prefix, long random runs, and `user:password@host`. Linear, never throws. */
export function maskTokens(text: string): string {
  return maskUserinfo(text).replace(RUN, (run) => {
    if (run.length < 8) return run
    const key = knownKeyAt(run)
    return key < 0 ? maskRun(run) : maskRun(run.slice(0, key)) + MASK
  })
}

/** Token characters; `=` is between a name and its value, and within and behind tokens. */
const RUN = /[A-Za-z0-9_+/.~%-]+(?:=+[A-Za-z0-9_+/.~%-]+)*={0,2}/g
const NAME = /([A-Za-z0-9_+/.~%-]+)=+(?=[^=])/y

/** Keeps the names before `=`, and masks the rest as a whole where all of it or a part looks like a token. */
function maskRun(run: string): string {
  let from = 0
  NAME.lastIndex = 0
  for (let name = NAME.exec(run); name && looksLikeName(name[1]!); name = NAME.exec(run)) from = NAME.lastIndex
  const rest = run.slice(from)
  const isSecret = looksLikeToken(rest) || (rest.includes('=') && rest.split('=').some(looksLikeToken))
  if (isSecret) return run.slice(0, from) + MASK
  // What looks like a name may be the beginning of a token.
  const mayBeToken = from > 0 && from <= 16 && /[A-Za-z]/.test(rest) && rest.length >= 8
  return mayBeToken && looksLikeToken(run) ? MASK : run
}

/** `user:password@host` without a scheme. */
function maskUserinfo(text: string): string {
  let result = ''
  let from = 0
  let isMasked = false
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at
    let colon = -1
    while (start > from && USERINFO_CHARACTER.test(text[start - 1]!) && !(colon >= 0 && text[start - 1] === '/')) {
      start--
      if (text[start] === ':') colon = start
    }
    // A password may hold an @ itself.
    const isUserinfo: boolean =
      (colon >= 0 || (isMasked && start === from + 1)) && HOST_CHARACTER.test(text[at + 1] ?? '')
    result += isUserinfo ? text.slice(from, start) + MASK : text.slice(from, at)
    isMasked = isUserinfo
    from = at
  }
  return result + text.slice(from)
}
const USERINFO_CHARACTER = /[^\s"'<>@]/
const HOST_CHARACTER = /[^\s"'<>@]/
