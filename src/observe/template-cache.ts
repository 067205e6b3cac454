import type { SpanTemplate } from './span-template.ts'

/** Templates that are kept. */
const SIZE = 256

/** The latest template for each key, for spans that are alike in all that a template contains. */
export class TemplateCache<T> {
  readonly #isAlike: (a: T, b: T) => boolean
  readonly #templates = new Map<string, { readonly of: T; readonly template: SpanTemplate | undefined }>()

  constructor(isAlike: (a: T, b: T) => boolean) {
    this.#isAlike = isAlike
  }

  find(key: string, span: T): SpanTemplate | undefined {
    const known = this.#templates.get(key)
    return known && this.#isAlike(known.of, span) ? known.template : undefined
  }

  set(key: string, of: T, template: SpanTemplate | undefined): void {
    if (this.#templates.size >= SIZE) this.#templates.clear()
    this.#templates.set(key, { of, template })
  }
}
