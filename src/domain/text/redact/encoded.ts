import { plainText } from '../secret-shape.ts'

const RUN = /[^\s"'`<>]+/g
const ENCODED = /%[0-9a-f]{2}|\\u00[2-7][0-9a-f]/i

/**
 * Masks what is a credential once it is decoded: `secret%20%3D%20…`, `user%3Apassword%40host`, `password\u003d…`. Linear, never throws.
 * @param mask what masks a plain text
 */
export const maskEncoded = (text: string, mask: (plain: string) => string): string =>
  ENCODED.test(text) ? text.replace(RUN, (run) => (ENCODED.test(run) ? maskRun(run, mask) : run)) : text

function maskRun(run: string, mask: (plain: string) => string): string {
  const unescaped = run.replace(/\\u00([2-7][0-9a-f])/gi, (_, hex: string) => `%${hex}`)
  const plain = plainText(unescaped)
  if (plain === undefined || plain === run) return run
  const masked = mask(plain)
  return masked === plain ? run : encodeURI(masked)
}
