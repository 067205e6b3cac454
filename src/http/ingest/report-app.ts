import Koa from 'koa'

/**
 * Koa for answers that are text or empty. Koa itself listens for the end of every response (the package on-finished), which
 * took 8 % of a report's time, to log what the client did to it; and it looks for streams. Its method `handleRequest` is not
 * public, so Koa's version is pinned.
 */
export class ReportApp<State> extends Koa<State> {
  async handleRequest(ctx: Koa.Context, middleware: (ctx: Koa.Context) => Promise<void>): Promise<void> {
    const { res } = ctx
    res.statusCode = 404
    try {
      await middleware(ctx)
      if (ctx.respond !== false && !res.writableEnded) res.end(ctx.body ?? undefined)
    } catch (error) {
      ctx.onerror(error as Error)
    }
  }
}
