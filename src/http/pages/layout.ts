import type { Context } from 'koa'
import { address, type Content, html, verbatim } from './html.ts'
import { link } from './parts.ts'
import { paths, type Site } from './site.ts'
import { POLICY, STYLE } from './style.ts'

export interface Page {
  readonly title: string
  /** The `<h1>` and everything after it. */
  readonly main: Content
  /** 200 if absent. */
  readonly status?: number
}

/** Answers with a page. Everything that it loads has an address relative to its own, so that it works below any path. */
export function answerPage(ctx: Context, { base, version }: Site, { title, main, status = 200 }: Page): void {
  const root = '../'.repeat(Math.max(0, ctx.path.split('/').length - 2)) || './'
  const pages = [
    ['Status', paths.status()],
    ['Incidents', paths.incidents()],
    ['Failures', paths.failures()],
    ['Configuration and build', paths.runtime()],
  ] as const
  const current = (path: string) => (path === ctx.path ? html` aria-current="page"` : '')
  ctx.status = status
  ctx.set({ 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'same-origin' })
  ctx.type = 'text/html'
  ctx.body = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · webhook-error-exporter</title>
<style>${verbatim(STYLE)}</style>
<script src="${root}refresh.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header>
<strong>webhook-error-exporter</strong>
<nav aria-label="Pages"><ul>${pages.map(
    ([name, path]) => html`<li><a href="${address(`${base}${path}`)}"${current(path)}>${name}</a></li>`,
  )}</ul></nav>
</header>
<main id="main" tabindex="-1" aria-live="polite">
${main}
</main>
<footer>
<p>Version ${version}. All times are UTC. For programs: ${API_LINKS.map(([path, name], index) => [index > 0 && ', ', link(`${base}${path}`, name)])}.</p>
</footer>
</body>
</html>
`.markup
}

const API_LINKS = [
  ['/api/v1/incidents?state=open&format=json', 'open incidents'],
  ['/api/v1/endpoints', 'endpoints'],
  ['/api/v1/failures', 'failures'],
  ['/api/v1/openapi.json', 'the API as OpenAPI'],
  ['/metrics', 'metrics'],
  ['/readyz', 'readiness'],
  ['/healthz', 'health'],
] as const
