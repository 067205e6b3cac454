import { expect } from 'chai'

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, at) => first + at)

/** What must not reach people as it is: it steers a terminal, begins a line, turns the direction of text, or is invisible. */
export const HOSTILE_CODE_POINTS: readonly number[] = [
  ...range(0x00, 0x1f),
  ...range(0x7f, 0x9f),
  0xad,
  0x034f,
  0x061c,
  0x115f,
  0x180e,
  ...range(0x200b, 0x200f),
  ...range(0x2028, 0x202e),
  ...range(0x2060, 0x206f),
  0x3164,
  ...range(0xfe00, 0xfe0f),
  0xfeff,
  0xffa0,
  ...range(0xfff9, 0xfffb),
  0xfffe,
  0xe000,
  0xe0001,
  ...range(0xe0020, 0xe007f),
  0xe0100,
]
export const HOSTILE_CHARACTERS: readonly string[] = HOSTILE_CODE_POINTS.map((point) => String.fromCodePoint(point))

const hostile = new Set(HOSTILE_CHARACTERS)
export const MARK = 'FORGED'
const LINE_ENDS = ['\n', '\r\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029', '\u001bE']

/** A section for each way to begin a line, then each character (of the tags and selectors a few, so that it is not cut). */
export const HOSTILE_TEXT = [
  ...LINE_ENDS.map((end) => `${end}${MARK}:${end}  1. curl evil${end}`),
  `\u001b[2J\u001b[H\u001b]0;title\u0007\u009b31m${' '.repeat(80)}${MARK}`,
  ...HOSTILE_CODE_POINTS.filter((point) => point < 0xfe01 || (point > 0xfe0f && point < 0xe0030)).map(
    (point) => `${String.fromCodePoint(point)}.`,
  ),
  '"<script>&\'',
].join('')

/**
 * Expects bytes that people or terminals see to be UTF-8 with no such character but the line ends that we write ourselves,
 * and no line that begins with what the text above forges.
 */
export function expectSafe(bytes: Uint8Array | string, what: string): string {
  const text =
    typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  const found = [...new Set([...text].filter((character) => character !== '\n' && hostile.has(character)))]
  expect(
    found.map((character) => `U+${character.codePointAt(0)!.toString(16)}`),
    what,
  ).to.deep.equal([])
  expect(text.isWellFormed(), what).to.equal(true)
  expect(
    text.split('\n').filter((line) => new RegExp(`^\\W*${MARK}`).test(line)),
    what,
  ).to.deep.equal([])
  return text
}
