import { Readable } from 'node:stream'
import { PAGE_BYTES } from '../domain/journal.ts'

/** Characters that are handed to the connection at once. */
const PIECE = 32_768

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
 * A page as JSON: `{"NAME": […], "next": …}`. It has at most `limit` items and `PAGE_BYTES`, but at least
 * one item if there is any; then the id of its last
 * item is the `next`. @param next that of a page that ends with the items
 */
export async function* jsonPage<T>(
  name: string,
  items: AsyncIterable<T> | Iterable<T>,
  { view, limit, next = null }: { view: (item: T) => { readonly id: string }; limit: number; next?: string | null },
): AsyncGenerator<string> {
  let bytes = 0
  let count = 0
  let last: string | null = null
  let before = `{${JSON.stringify(name)}:[`
  for await (const item of items) {
    const shown = view(item)
    const text = JSON.stringify(shown)
    bytes += Buffer.byteLength(text)
    if (count === limit || (count > 0 && bytes > PAGE_BYTES)) {
      yield `],"next":${JSON.stringify(last)}}`
      return
    }
    yield before + text
    before = ','
    count++
    last = shown.id
  }
  yield `${count === 0 ? before : ''}],"next":${JSON.stringify(next)}}`
}

/** Takes the first text before the answer begins, so that a journal that is down is a 503 and not a cut stream. */
export async function begun(source: AsyncGenerator<string>): Promise<AsyncIterable<string>> {
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
  yield `{${JSON.stringify(name)}:[`
  for (const item of items) {
    yield separator + JSON.stringify(view(item))
    separator = ','
  }
  yield ']}'
}
