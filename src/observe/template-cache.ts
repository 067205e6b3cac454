import type { SpanTemplate } from './span-template.ts'

/** Templates that are kept. */
const SIZE = 256

interface Known<T> {
  readonly of: T
  readonly template: SpanTemplate | undefined
}

/** The latest template for each key, for spans that are alike in all that a template contains. */
export class TemplateCache<T> {
  readonly #keyOf: (span: T) => string
  readonly #isAlike: (a: T, b: T) => boolean
  readonly #templates = new Map<string, Known<T>>()
  #last: Known<T> | undefined

  constructor(keyOf: (span: T) => string, isAlike: (a: T, b: T) => boolean) {
    this.#keyOf = keyOf
    this.#isAlike = isAlike
  }

  find(span: T): SpanTemplate | undefined {
    // Most spans are like the one before them: no key needs to be made.
    if (this.#last && this.#isAlike(this.#last.of, span)) return this.#last.template
    const known = this.#templates.get(this.#keyOf(span))
    if (!known || !this.#isAlike(known.of, span)) return undefined
    this.#last = known
    return known.template
  }

  set(of: T, template: SpanTemplate | undefined): void {
    if (this.#templates.size >= SIZE) this.#templates.clear()
    this.#last = { of, template }
    this.#templates.set(this.#keyOf(of), this.#last)
  }
}
