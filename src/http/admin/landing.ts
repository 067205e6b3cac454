import type { Middleware } from 'koa'
import { escapeHtml, visibleText } from '../../domain/external-text.ts'

export interface LandingOptions {
  readonly version: string
  readonly base?: string
  /** Warnings for the operator, in sentences. */
  readonly warnings: () => readonly string[]
}

/** `GET /`: where everything is. */
export function landing({ version, base = '', warnings }: LandingOptions): Middleware {
  const root = base.replace(/\/+$/, '')
  const links: readonly (readonly [string, string])[] = [
    ['/api/v1/incidents?state=open', 'Incidents that are open'],
    ['/api/v1/incidents', 'Incidents, newest first'],
    ['/api/v1/endpoints', 'Endpoints: probes and incidents'],
    ['/api/v1/failures', 'Failures, newest first'],
    ['/api/v1/openapi.json', 'The API, as OpenAPI 3.1'],
    ['/metrics', 'Prometheus metrics'],
    ['/readyz', 'Readiness, condition by condition'],
    ['/healthz', 'Health of the process'],
  ]
  const items = links
    .map(([path, what]) => `<li><a href="${escapeHtml(root + path)}">${escapeHtml(path)}</a> ${what}</li>`)
    .join('\n')
  const page = (notes: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>webhook-error-exporter</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:40rem;padding:0 1rem}a{font-family:monospace}</style>
<h1>webhook-error-exporter</h1>
<p>Version ${escapeHtml(version)}. Receives the error webhooks that platforms send after giving up on a delivery.</p>
${notes}<ul>
${items}
</ul>
</html>
`
  return (ctx) => {
    ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
    ctx.type = 'text/html'
    const notes = warnings().map(
      (warning) => `<p role="alert"><strong>Warning:</strong> ${escapeHtml(visibleText(warning))}</p>\n`,
    )
    ctx.body = page(notes.join(''))
  }
}
