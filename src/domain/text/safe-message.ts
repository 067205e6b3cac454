import { redact } from './redact.ts'

/** Bytes of UTF-8 that are kept of a message. */
const KEPT = 8_192
/** Characters within which the end of a word, a URL or a quoted text is looked for, after those that are kept. */
const SLACK = 1_024
/** Characters that are dropped where there is no such end: what is left of a longer secret is recognised by its shape. */
const UNSURE = 512

/**
 * A message as it is stored, logged and shown: credentials masked, URLs canonical, at most 8 KiB. Only about that much is
 * looked at, so a message of 64 KiB costs no more than one of 9 KiB; the raw body keeps all of it.
 * @param kept bytes, if fewer than 8 KiB are kept
 */
export function safeMessage(message: string, kept = KEPT): string {
  if (message.length <= kept + SLACK) return cutMessage(redact(message), kept)
  const length = new TextEncoder().encode(message).length
  const end = lastEnd(message, kept)
  const beginning = end > 0 ? redact(message.slice(0, end), true) : withoutEnd(message.slice(0, kept + SLACK))
  return cutMessage(beginning, kept, length)
}

/**
 * Where a long text can be cut before it is redacted, -1 if nowhere. No token and no URL goes on across white space, a double
 * quote or an angle bracket; a secret that is cut in two may no longer look like one.
 */
function lastEnd(text: string, kept: number): number {
  for (const end of [/\s/, /["<>]/]) {
    for (let at = kept + SLACK; at >= kept; at--) if (end.test(text[at]!)) return at
  }
  return -1
}

function withoutEnd(text: string): string {
  return redact(text, true).slice(0, -UNSURE).toWellFormed()
}

/**
 * Cuts a message between characters so that it is at most `limit` bytes in UTF-8. A mark at the end says how long it was.
 * Redact first.
 * @param limit at least 64
 * @param length bytes of the whole message, if `text` is only the beginning of it
 */
export function cutMessage(text: string, limit = KEPT, length = 0): string {
  // A UTF-16 code unit takes three bytes at most.
  if (length === 0 && 3 * text.length <= limit) return text
  const bytes = new TextEncoder().encode(text)
  if (length === 0 && bytes.length <= limit) return text
  const mark = ` […cut, ${length || bytes.length} bytes]`
  let end = Math.min(bytes.length, limit - new TextEncoder().encode(mark).length)
  // 10xxxxxx continues a character.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, end)) + mark
}
