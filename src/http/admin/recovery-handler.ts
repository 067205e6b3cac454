import type { Context, Middleware } from 'koa'
import type { Static } from 'typebox'
import type { RecoveryReport, TenantRecovery } from '../../domain/incident/recovery.ts'
import { cutCharacters, redact } from '../../domain/text/redact.ts'
import { safeName } from '../../domain/text/safe-name.ts'
import { AppError } from '../../errors.ts'
import type { Recoveries } from '../../service/recovery.ts'
import { readBody } from '../shared/body.ts'
import type { Credentials } from '../shared/credentials.ts'
import { BODY_TIMEOUT } from '../shared/listener.ts'
import { incidentView } from './incident-view.ts'
import { isRecover, isRecoveryReport } from './recovery-checks.generated.ts'
import type { RecoveryReportSchema } from './recovery-schemas.ts'

/** Bytes: a thousand tenants with a sentence each. */
const BODY_LIMIT = 512 * 1_024
/** Tenants that are kept. */
const TENANTS = 100
const LONGEST_DETAIL = 500

export interface RecoveryDeps {
  readonly recoveries: Pick<Recoveries, 'request' | 'report'>
}

/** The handlers of both paths, each after the check of the token. */
export interface RecoveryRoutes {
  readonly request: readonly Middleware[]
  readonly report: readonly Middleware[]
}

/** @param tokens those that let in */
export function recoveryRoutes(
  deps: RecoveryDeps,
  ...tokens: readonly (Pick<Credentials, 'verify'> | undefined)[]
): RecoveryRoutes {
  const guard = recoveryGuard(...tokens)
  return { request: [guard, requestRecovery(deps)], report: [guard, reportRecovery(deps)] }
}

/** Admits clients with one of the tokens; at least one must be configured, since something is changed. */
function recoveryGuard(...tokens: readonly (Pick<Credentials, 'verify'> | undefined)[]): Middleware {
  const known = tokens.filter((token) => token !== undefined)
  return (ctx, next) => {
    if (known.length === 0)
      throw new AppError('forbidden', 'recovery needs recovery.token or admin.apiToken to be configured')
    let refusal: unknown
    for (const token of known) {
      try {
        token.verify(ctx.get('Authorization') || undefined)
        return next()
      } catch (error) {
        refusal = error
      }
    }
    throw refusal
  }
}

/** `POST /api/v1/incidents/{id}/recover`: a body is not needed. */
function requestRecovery({ recoveries }: RecoveryDeps): Middleware {
  return async (ctx: Context) => {
    const raw = await readBody(ctx.req, { limit: 16_384, timeout: BODY_TIMEOUT })
    const body = raw.length === 0 ? {} : json(ctx, raw)
    if (!isRecover(body)) throw await invalid('the body must be empty, or {"reason": "…"}', 'recover', body)
    ctx.body = incidentView(await recoveries.request(idOf(ctx), textOf(body.reason)))
  }
}

/** `POST /api/v1/incidents/{id}/recovery`. */
function reportRecovery({ recoveries }: RecoveryDeps): Middleware {
  return async (ctx: Context) => {
    const body = json(ctx, await readBody(ctx.req, { limit: BODY_LIMIT, timeout: BODY_TIMEOUT }))
    if (!isRecoveryReport(body)) {
      const form = '{"task": "…", "status": "running|finished|failed", "restored": 12}'
      throw await invalid(`the body must be ${form}`, 'report', body)
    }
    const closedAt = body.closedAt == null ? null : Date.parse(body.closedAt)
    const report: RecoveryReport = {
      task: body.task,
      status: body.status,
      restored: body.restored ?? null,
      detail: textOf(body.detail),
      tenants: tenantsOf(body),
      closedAt,
    }
    ctx.body = incidentView(await recoveries.report(idOf(ctx), report))
  }
}

type Body = Static<typeof RecoveryReportSchema>

function tenantsOf({ tenants = [], status }: Body): TenantRecovery[] {
  const all = tenants.map((given): TenantRecovery => {
    const each = typeof given === 'string' ? { tenant: given } : given
    return {
      tenant: safeName(each.tenant, 100),
      status: each.status ?? status,
      restored: each.restored ?? null,
      detail: textOf(each.detail),
    }
  })
  const isFailed = (each: TenantRecovery) => each.status === 'failed'
  return [...all.filter(isFailed), ...all.filter((each) => !isFailed(each))].slice(0, TENANTS)
}

const idOf = (ctx: Context): string => String(ctx['params'].id).toLowerCase()

const textOf = (text: string | null | undefined): string | null =>
  text == null || text.trim() === '' ? null : cutCharacters(redact(text.trim()), LONGEST_DETAIL)

function json(ctx: Context, raw: Buffer): unknown {
  if (ctx.request.type.trim().toLowerCase() !== 'application/json')
    throw new AppError('unsupported_media_type', 'send JSON as Content-Type: application/json')
  try {
    return JSON.parse(raw.toString())
  } catch {
    throw new AppError('invalid_json', 'the body is not valid JSON')
  }
}

/** TypeBox is loaded for the texts of faults only. */
async function invalid(message: string, schema: 'recover' | 'report', body: unknown): Promise<AppError> {
  const { recoveryFaults } = await import('./recovery-faults.ts')
  return new AppError('invalid_request', message, { faults: recoveryFaults(schema, body) })
}
