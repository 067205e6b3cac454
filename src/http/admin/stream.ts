import { Readable } from 'node:stream'
import { PAGE_BYTES } from '../../domain/ports/journal.ts'
import { stringify } from '../../domain/text/external-text.ts'

/** Characters that are handed to the connection at once. */
export const PIECE = 16_384

/** A body that is made while it is sent: a reader that stops reading has at most two pieces of it in memory. */
export function streamed(texts: Iterable<string> | AsyncIterable<string>): Readable {
  return Readable.from(joined(texts), { objectMode: true, highWaterMark: 1 })
}

async function* joined(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  let piece = ''
  for await (const text of texts) {
    piece += text
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}

/**
 * A page as JSON: `{"NAME": […], "next": …}`. As JSON, items may be several times as large as they were in the journal:
 * the page ends before they exceed `PAGE_BYTES` (but has at least one), and the id of its last item is then its `next`.
 */
export function* jsonPage<T>(
  name: string,
  items: readonly T[],
  { view, next }: { view: (item: T) => { readonly id: string }; next: string | null },
): Generator<string> {
  let bytes = 0
  let last: string | null = null
  yield `{${stringify(name)}:[`
  for (const item of items) {
    const shown = view(item)
    const text = stringify(shown)
    bytes += Buffer.byteLength(text)
    if (last !== null && bytes > PAGE_BYTES) {
      yield `],"next":${stringify(last)}}`
      return
    }
    yield last === null ? text : `,${text}`
    last = shown.id
  }
  yield `],"next":${stringify(next)}}`
}

/** Takes the first text before the answer begins, so that a journal that is down is a 503 and not a cut stream. */
export async function peek(source: AsyncGenerator<string>): Promise<AsyncIterable<string>> {
  const first = await source.next()
  return (async function* () {
    if (first.done) return
    yield first.value
    yield* source
  })()
}

/** A list without pages as JSON: `{"NAME": […]}`. */
export function* jsonList<T>(name: string, items: Iterable<T>, view: (item: T) => unknown): Generator<string> {
  let separator = ''
  yield `{${stringify(name)}:[`
  for (const item of items) {
    yield separator + stringify(view(item))
    separator = ','
  }
  yield ']}'
}
