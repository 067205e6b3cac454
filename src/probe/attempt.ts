import {
  type OutboundAnswer,
  type OutboundClient,
  OutboundFault,
  type OutboundProgress,
} from '../domain/ports/outbound-client.ts'
import { canonicalUrl } from '../domain/report/canonical-url.ts'
import type { ProbeMethod, ProbeTarget } from '../domain/verdict/probe.ts'
import { answerCause, isUp } from './status.ts'

/** What one probe has found so far. */
export interface ProbeProgress extends OutboundProgress {
  pathUnproven?: boolean
  /** That got `status`. */
  method?: ProbeMethod
  /** Canonical. */
  redirect?: string
}

export interface ProbeContext {
  readonly client: OutboundClient
  readonly target: ProbeTarget
  readonly progress: ProbeProgress
  /** Aborts at the deadline. */
  readonly signal: AbortSignal
}

/** An answer, and to which method. */
type Answer = OutboundAnswer & { readonly method: ProbeMethod }

/** Whether an answer to HEAD may be one to this method alone: many routes accept only POST. */
const isOfMethod = (status: number): boolean => status === 405 || status >= 500

/**
 * One probe: HEAD, then GET where the answer may be one to HEAD alone, or OPTIONS where HEAD finds no such path. Returns where the
 * endpoint is up.
 * @throws OutboundFault, or the signal's reason
 */
export async function attempt(context: ProbeContext): Promise<void> {
  const { target } = context
  const first = await request(context, target.method ?? 'HEAD')
  const isEnough = target.method !== undefined || (target.expect && isUp(first.status, target.expect))
  if (!isEnough && isOfMethod(first.status)) await judgeByGet(first, context)
  else if (!isEnough && first.status === 404) await judgeByOptions(first, context)
  else judge(first, context)
}

async function judgeByGet(first: Answer, context: ProbeContext): Promise<void> {
  const second = await again(first, context, 'GET')
  // A path that does not accept HEAD is there.
  const isLess = second.status === 501 || (second.status === 404 && first.status === 405)
  if (second.status === 404 && !isLess) context.progress.pathUnproven = true
  judge(isLess ? first : second, context)
}

/** What OPTIONS is answered shows at most that the path is there: often a framework answers it before any check. */
async function judgeByOptions(first: Answer, context: ProbeContext): Promise<void> {
  const second = await again(first, context, 'OPTIONS')
  if (!provesPath(second)) context.progress.pathUnproven = true
  judge(second.status === 501 || isUp(second.status, undefined) ? first : second, context)
}

/** The address that answered is asked again: no second look-up, so no second opinion of a rebinding name server. */
async function again(first: Answer, context: ProbeContext, method: ProbeMethod): Promise<Answer> {
  const { progress } = context
  const { phase, phases, address } = progress
  return request(context, method, address).catch((error) => {
    if (first.status === 501) throw error
    // A firewall that drops the second method does not invalidate the first answer.
    Object.assign(progress, { phase, phases })
    return first
  })
}

/** Whether an answer to OPTIONS shows that the path exists. A blanket CORS answer names no methods in Allow. */
const provesPath = ({ status, allows }: Answer): boolean => status === 405 || (status < 300 && allows)

async function request(
  { client, target, progress, signal }: ProbeContext,
  method: ProbeMethod,
  address?: string,
): Promise<Answer> {
  const { url, headers = {}, ca, cert, key } = target
  const outcome = await client
    .send({ method, url, headers, ca, cert, key }, { signal, progress, address })
    .catch((error) => {
      if (error instanceof OutboundFault && progress.phase === 'http') return error
      throw error
    })
  if (/^http:/i.test(url) && suggestsTls(outcome) && (await client.speaksTls(url, progress.address!, signal))) {
    throw new OutboundFault('protocol', 'the port speaks TLS, but the URL says http: should it be https?')
  }
  if (outcome instanceof OutboundFault) throw outcome
  return { ...outcome, method }
}

/** Servers answer plain HTTP on a TLS port with a 400, with an alert, or by hanging up; only a handshake proves it. */
const suggestsTls = (outcome: OutboundAnswer | OutboundFault): boolean =>
  outcome instanceof OutboundFault
    ? outcome.reason === 'protocol' || outcome.reason === 'connection_reset'
    : outcome.status === 400

function judge({ status, location, method }: Answer, { target, progress }: ProbeContext): void {
  progress.status = status
  progress.method = method
  if (location !== undefined && status >= 300 && status < 400) {
    const to = canonicalUrl(URL.parse(location.slice(0, 4_096), target.url)?.href ?? '')
    if (to) progress.redirect = to
  }
  const notFound = status === 404 && target.method !== undefined && !target.expect
  if (isUp(status, target.expect) && !notFound) return
  throw new OutboundFault(
    answerCause(status),
    target.expect ? `it answers ${status}, which is not expected` : answerText(status),
  )
}

const answerText = (status: number): string =>
  status >= 300 && status < 400
    ? `it answers ${status}, a redirect, which a platform may not follow`
    : `it answers ${status}`
