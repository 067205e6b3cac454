import type { Context, Middleware } from 'koa'
import { Compile } from 'typebox/compile'
import type { RecoveryReport, TenantRecovery } from '../../domain/recovery.ts'
import { cutCharacters, redact } from '../../domain/redact.ts'
import { safeName } from '../../domain/safe-name.ts'
import { AppError, type FieldFault } from '../../errors.ts'
import type { Recoveries } from '../../service/recovery.ts'
import { readBody } from '../shared/body.ts'
import type { Credentials } from '../shared/credentials.ts'
import { BODY_TIMEOUT } from '../shared/listener.ts'
import { incidentView } from './incident-view.ts'
import { RecoverSchema, RecoveryReportSchema } from './recovery-schemas.ts'

/** Bytes: a thousand tenants with a sentence each. */
const BODY_LIMIT = 512 * 1_024
/** Tenants that are kept. */
const TENANTS = 100
const LONGEST_DETAIL = 500

const recoverValidator = Compile(RecoverSchema)
const reportValidator = Compile(RecoveryReportSchema)

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
    if (!recoverValidator.Check(body))
      throw invalid('the body must be empty, or {"reason": "…"}', [...recoverValidator.Errors(body)])
    ctx.body = incidentView(await recoveries.request(idOf(ctx), textOf(body.reason)))
  }
}

/** `POST /api/v1/incidents/{id}/recovery`. */
function reportRecovery({ recoveries }: RecoveryDeps): Middleware {
  return async (ctx: Context) => {
    const body = json(ctx, await readBody(ctx.req, { limit: BODY_LIMIT, timeout: BODY_TIMEOUT }))
    if (!reportValidator.Check(body))
      throw invalid('the body must be {"task": "…", "status": "running|finished|failed", "restored": 12}', [
        ...reportValidator.Errors(body),
      ])
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

type Body = ReturnType<typeof reportValidator.Parse>

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

function invalid(message: string, errors: readonly { instancePath: string; message: string }[]): AppError {
  const faults = new Map<string, FieldFault>()
  for (const { instancePath: pointer, message: fault } of errors)
    if (!faults.has(pointer)) faults.set(pointer, { pointer, detail: fault })
  return new AppError('invalid_request', message, { faults: [...faults.values()].slice(0, 10) })
}
