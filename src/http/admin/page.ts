import type { Context } from 'koa'
import { escapeHtml } from '../../domain/external-text.ts'

/** An address that we made ourselves. */
export interface Link {
  readonly href: string
}

/**
 * What people read, as a text or in a browser. Only a `Link` becomes clickable: a page never looks for addresses in a
 * text, since much of it comes from outside.
 */
export type Page = readonly (string | Link)[]

/** Answers with a page as plain text, or as HTML. */
export function answerPage(ctx: Context, page: Page, format: 'text' | 'html'): void {
  if (format === 'text') {
    ctx.body = textOf(page)
    ctx.type = 'text/plain'
    return
  }
  ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
  ctx.body = htmlOf(page)
  ctx.type = 'text/html'
}

const textOf = (page: Page): string => page.map((piece) => (typeof piece === 'string' ? piece : piece.href)).join('')

function htmlOf(page: Page): string {
  const body = page.map((piece) => {
    if (typeof piece === 'string') return escapeHtml(piece)
    const address = escapeHtml(piece.href)
    return `<a href="${address}">${address}</a>`
  })
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(textOf(page).split('\n', 1)[0]!)}</title>
<style>pre{font:14px/1.5 monospace;white-space:pre-wrap;overflow-wrap:anywhere;max-width:60rem;margin:2rem auto;padding:0 1rem}</style>
<pre>${body.join('')}</pre>
</html>
`
}
