import type { Router } from '@koa/router'
import type { Middleware } from 'koa'
import { AppError } from '../../errors.ts'

/** Last in line: what no route answered is 404, or 405 with Allow where the path is known under other methods. */
export function unmatched(router: Router): Middleware {
  return (ctx) => {
    const allowed = [...new Set(router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods))].sort()
    if (allowed.length === 0) throw new AppError('not_found', `nothing is at this path`)
    ctx.set('Allow', allowed.join(', '))
    throw new AppError('method_not_allowed', `this path takes ${allowed.join(', ')}`)
  }
}
