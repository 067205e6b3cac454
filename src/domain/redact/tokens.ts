import { knownKeyAt, looksLikeToken } from '../secret-shape.ts'

/** What stands for a credential that was there. */
export const MASK = '***'

/** Masks keys with a documented prefix, long random runs, and `user:password@host`. Linear, never throws. */
export function maskTokens(text: string): string {
  return maskUserinfo(text).replace(/[A-Za-z0-9_+/.~%-]+={0,2}/g, (run) => {
    if (run.length < 8) return run
    const key = knownKeyAt(run)
    const before = key < 0 ? run : run.slice(0, key)
    return looksLikeToken(before) ? MASK : before + (key < 0 ? '' : MASK)
  })
}

/** `user:password@host` without a scheme. */
function maskUserinfo(text: string): string {
  let result = ''
  let from = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at
    let colon = -1
    while (start > from && USERINFO_CHARACTER.test(text[start - 1]!) && !(colon >= 0 && text[start - 1] === '/')) {
      start--
      if (text[start] === ':') colon = start
    }
    if (colon >= 0 && HOST_CHARACTER.test(text[at + 1] ?? '')) result += text.slice(from, start) + MASK
    else result += text.slice(from, at)
    from = at
  }
  return result + text.slice(from)
}
const USERINFO_CHARACTER = /[^\s"'<>@]/
const HOST_CHARACTER = /[^\s"'<>@]/
