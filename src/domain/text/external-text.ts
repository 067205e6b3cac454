/** Characters of one text that are shown unless a caller says otherwise. */
const LIMIT = 2_000

/**
 * What a reader cannot see, or what steers a terminal or the direction of text: controls (C0, C1), format characters (bidi,
 * zero width, tags), line and paragraph separators, surrogates without a partner, private and unassigned characters. A
 * variation selector stays after the emoji that it belongs to; anywhere else it can carry hidden text.
 */
const UNSEEN =
  /[[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\ufe0e\ufe0f]]|(?<!\p{Extended_Pictographic})[\ufe0e\ufe0f]/gv
/** The same, without the C0 controls: JSON has them as escapes already, and a line break between two documents stays. */
const UNSEEN_IN_JSON =
  /[[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\0-\x1f\ufe0e\ufe0f]]|(?<!\p{Extended_Pictographic})[\ufe0e\ufe0f]/gv
/** What most texts do without; quick to look for. The scripts and signs that it leaves out have nothing unseen among them. */
const UNUSUAL =
  /[^\n -~\xa1-\xac\xae-\u02ff\u0400-\u052f\u2010-\u2027\u2030-\u205e\u3001-\u3020\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uac00-\ud7a3]/
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Text from outside as people see it, wherever it is not JSON: one line of at most `limit` characters, in which every
 * invisible character is an escape such as `\n` or `\u{1b}`. Applying it again changes nothing. A sender may spell such
 * an escape itself; the exact text is in the JSON of the API and of the log.
 */
export function visibleText(text: string, limit = LIMIT): string {
  if (text.length <= limit && !/[^ -~]| {3}/.test(text)) return text
  const shown = text
    .slice(0, 2 * limit)
    // The first half of a character that the line above cut in two.
    .replace(text.length > 2 * limit ? /[\ud800-\udbff]$/ : /$^/, '')
    // Padding moves what follows to where a terminal begins a new line.
    .replace(/[\p{Zs}\u2800]{3,}/gu, '  ')
    // Marks pile up over the lines above, or join the character before the text.
    .replace(/(\p{M}{8})\p{M}+/gu, '$1…')
    .replace(/^\p{M}/u, escaped)
    .replace(UNSEEN, escaped)
  return text.length <= 2 * limit && shown.length <= limit ? shown : cut(shown, limit)
}

/** The value with `visibleText` applied to each string in it, names of members included. */
export function visible<T>(value: T, limit?: number): T {
  if (typeof value === 'string') return visibleText(value, limit) as T
  if (Array.isArray(value)) return value.map((item) => visible(item, limit)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [visibleText(name, limit), visible(member, limit)]),
  ) as T
}

/** The same JSON, safe to read in a terminal: what `visibleText` shows as an escape is one here, and parsers see the exact text. */
export function safeJson(json: string): string {
  // Of ASCII only DEL is unseen, and both are quick to find out: nearly every line of the log is no more than that.
  if (Buffer.byteLength(json) === json.length && !json.includes('\x7f')) return json
  if (!UNUSUAL.test(json)) return json
  return json.replace(UNSEEN_IN_JSON, (character) =>
    [...Array(character.length).keys()]
      .map((unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

/** `JSON.stringify` with the text of `safeJson`. */
export const stringify = (value: unknown): string => safeJson(JSON.stringify(value))

/** Text as HTML shows it, in elements and quoted attributes. It escapes markup alone: text from outside is made visible first. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

const escaped = (character: string): string => SHORT[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`

let graphemes: Intl.Segmenter | undefined

/** Never within a character with its marks, nor within an escape. */
function cut(text: string, limit: number): string {
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  const from = Math.max(0, limit - 64)
  const near = text.slice(from, limit + 16)
  const end = near.length > limit - 1 - from ? graphemes.segment(near).containing(limit - 1 - from)!.index : near.length
  return `${(text.slice(0, from) + near.slice(0, end)).replace(/\\(u\{?[0-9a-f]{0,6})?$/, '')}…`
}
