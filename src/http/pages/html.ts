import { escapeHtml, visibleText } from '../../domain/text/external-text.ts'

/** Markup that may be sent as it is. Only this file makes it. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }

  /** Bytes in UTF-8. */
  get size(): number {
    return Buffer.byteLength(this.markup)
  }
}

/** What a template takes; null, undefined and false are nothing. */
export type Content = Html | string | number | null | undefined | false | readonly Content[]

/**
 * Makes markup of a template. Whatever is put into it is text, made visible (`visibleText`) and escaped, unless it is markup
 * already: no page has to think of escaping, and none can forget it. Values of attributes are in quotes; an address goes
 * through `address`.
 */
export function html(template: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(template.reduce((markup, piece, index) => `${markup}${markupOf(contents[index - 1])}${piece}`))
}

function markupOf(content: Content): string {
  if (content instanceof Html) return content.markup
  if (content === null || content === undefined || content === false) return ''
  if (typeof content === 'object') return content.map(markupOf).join('')
  return escapeHtml(visibleText(String(content)))
}

/** A longer or shorter text than templates show by themselves (2,000 characters). */
export const text = (value: string, limit: number): Html => new Html(escapeHtml(visibleText(value, limit)))

/** The value of `href`, `src` or `action`, whole: the caller percent-encodes its parts. */
export const address = (url: string): Html => new Html(escapeHtml(url))

/** Our own style sheet or script, as it is. @throws Error if it could end its element */
export function verbatim(source: string): Html {
  if (/<\/|<!--/.test(source)) throw new Error('a style sheet or script must not contain </ or <!--')
  return new Html(source)
}
