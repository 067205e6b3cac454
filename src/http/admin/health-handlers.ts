import type { Middleware } from 'koa'

/** One condition of readiness. `blocks`: the service is unready without it. */
export interface Condition {
  readonly name: string
  readonly ok: boolean
  readonly blocks: boolean
  /** The state: what is wrong and what to do about it, or what is fine. */
  readonly detail: string
  /** RFC 3339. */
  readonly since?: string
}

/** Each under our own name and under the one that Prometheus and its relatives have. */
export const HEALTH_PATHS = ['/healthz', '/-/healthy']
export const READINESS_PATHS = ['/readyz', '/-/ready']

/** `GET /healthz`: the process answers. Nothing else is checked, so nothing else can make Kubernetes restart it. */
export const healthz: Middleware = (ctx) => {
  ctx.body = { status: 'ok' }
}

/** `GET /readyz`: every condition; 503 only if a blocking one fails. */
export function readyz(conditions: () => readonly Condition[]): Middleware {
  return (ctx) => {
    const all = conditions()
    const ready = all.every((condition) => condition.ok || !condition.blocks)
    ctx.status = ready ? 200 : 503
    if (!ready) ctx.set('Retry-After', '1')
    ctx.body = {
      ready,
      conditions: all.map(({ name, ok, detail, since }) => ({
        name,
        ok,
        detail,
        ...(since !== undefined && { since }),
      })),
    }
  }
}
