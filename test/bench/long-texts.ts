/** Long messages as platforms send them, and the ones that are the most work. */
export const TEXTS = ['prose', 'trace', 'json', 'urls', 'tokens'] as const
export type TextKind = (typeof TEXTS)[number]

const WORDS =
  'the delivery of this notification failed because upstream server did not answer within ten seconds and connection was closed by remote host while reading response headers after three attempts please check that your endpoint is reachable from internet'.split(
    ' ',
  )

/** The same text for the same seed. */
export function longText(kind: TextKind, seed: number, bytes: number): string {
  let state = seed + 1
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % below
  }
  const word = () => WORDS[random(WORDS.length)]!
  const hex = (length: number) => Array.from({ length }, () => random(16).toString(16)).join('')
  const pieces: Record<TextKind, () => string> = {
    prose: () => `${word()}${random(12) === 0 ? '. ' : ' '}`,
    trace: () =>
      `at com.example.${word()}.${word()}Handler$${random(9)}.handle(${word()}Handler.java:${random(900)}) [app-${random(9)}.${random(20)}.jar:na] `,
    json: () => `'${word()}_id':'${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}','${word()}':${random(99_999)},`,
    urls: () => `POST https://${word()}.example/${word()}/${random(99_999)}?token=${hex(16)}: ${random(600)}, `,
    tokens: () => `${hex(24)} token=${hex(8)} `,
  }
  let text = ''
  while (text.length < bytes) text += pieces[kind]()
  return text.slice(0, bytes)
}
