import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Middleware } from 'koa'

const compress = promisify(gzip)

export type RenderMetrics = (accept: string | undefined) => Promise<{ contentType: string; body: string }>

/** `GET /metrics`, compressed where the scraper takes it. */
export function handleMetrics(render: RenderMetrics): Middleware {
  return async (ctx) => {
    const { contentType, body } = await render(ctx.get('Accept') || undefined)
    ctx.set({ 'Content-Type': contentType, Vary: 'Accept, Accept-Encoding' })
    if (ctx.acceptsEncodings('gzip', 'identity') === 'gzip') {
      ctx.set('Content-Encoding', 'gzip')
      ctx.body = await compress(body, { level: 1 })
    } else ctx.body = Buffer.from(body)
  }
}
