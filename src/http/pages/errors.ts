import type { Middleware } from 'koa'
import type { Log } from '../../domain/ports/telemetry.ts'
import { asAppError } from '../../errors.ts'
import { ClientClosed } from '../shared/body.ts'
import { errorAnswer } from '../shared/problem.ts'
import { html } from './html.ts'
import { answerPage } from './layout.ts'
import { link } from './parts.ts'
import { paths, type Site } from './site.ts'

/** RFC 7617. Only pages have it: a client of the API is asked for a Bearer token, and no browser there asks a person. */
const CHALLENGE = 'Basic realm="webhook-error-exporter", charset="UTF-8"'

/** Turns what a page throws into a page, with the status that the API would answer. */
export function errorPages(site: Site, log: Pick<Log, 'error'>): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (thrown) {
      if (thrown instanceof ClientClosed) throw thrown
      const error = asAppError(thrown)
      if (error.code === 'internal') log.error({ err: error.cause }, 'internal error while handling a request')
      const { status, headers, body } = errorAnswer(error)
      const { 'Content-Type': _, ...fields } = headers
      ctx.set(fields)
      if (ctx.state['asksForPassword']) ctx.set('WWW-Authenticate', CHALLENGE)
      const detail = ctx.state['asksForPassword']
        ? 'Sign in with any user name and the API token as the password.'
        : `${body.detail.charAt(0).toUpperCase()}${body.detail.slice(1)}.`
      answerPage(ctx, site, {
        title: body.title,
        status,
        main: html`<h1>${body.title}</h1>
<p>${detail}</p>
<p>${link(`${site.base}${paths.status()}`, 'Status page')}</p>`,
      })
    }
  }
}
