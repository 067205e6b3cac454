import { canonicalUrl } from '../domain/canonical-url.ts'
import {
  type OutboundAnswer,
  type OutboundClient,
  OutboundFault,
  type OutboundProgress,
} from '../domain/outbound-client.ts'
import type { ProbeMethod, ProbeTarget } from '../domain/probe.ts'
import { answerCause, isUp } from './status.ts'

/** What one probe has found so far. */
export interface ProbeProgress extends OutboundProgress {
  pathUnproven?: boolean
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

/** A HEAD answered with one of these proves nothing about the path: many routes accept only POST. */
const HEAD_PROVES_NOTHING = new Set([404, 405, 501])

/**
 * One probe: HEAD, then OPTIONS where HEAD proves nothing. Returns where the endpoint is up.
 * @throws OutboundFault, or the signal's reason
 */
export async function attempt(context: ProbeContext): Promise<void> {
  const { target, progress } = context
  const first = await request(context, target.method ?? 'HEAD')
  const enough =
    target.method || !HEAD_PROVES_NOTHING.has(first.status) || (target.expect && isUp(first.status, target.expect))
  if (enough) return judge(first, context)

  const { phase, phases } = progress
  // The address that answered HEAD is asked again: no second look-up, so no second opinion of a rebinding name server.
  const second = await request(context, 'OPTIONS', progress.address).catch((error) => {
    if (first.status === 501) throw error
    // A firewall that drops OPTIONS does not invalidate the answer to HEAD.
    Object.assign(progress, { phase, phases })
    return first
  })
  const pathUnproven = first.status === 404 ? !provesPath(second) : first.status === 501 && second.status === 404
  if (pathUnproven) progress.pathUnproven = true
  const isSecondLessSpecific = first.status !== 501 && (second.status === 404 || second.status === 501)
  judge(isSecondLessSpecific ? first : second, context)
}

/** Whether an answer to OPTIONS shows that the path exists. A blanket CORS answer names no methods in Allow. */
const provesPath = ({ status, allows }: OutboundAnswer): boolean => status === 405 || (status < 300 && allows)

async function request(
  { client, target, progress, signal }: ProbeContext,
  method: ProbeMethod,
  address?: string,
): Promise<OutboundAnswer> {
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
  return outcome
}

/** Servers answer plain HTTP on a TLS port with a 400, with an alert, or by hanging up; only a handshake proves it. */
const suggestsTls = (outcome: OutboundAnswer | OutboundFault): boolean =>
  outcome instanceof OutboundFault
    ? outcome.reason === 'protocol' || outcome.reason === 'connection_reset'
    : outcome.status === 400

function judge({ status, location }: OutboundAnswer, { target, progress }: ProbeContext): void {
  progress.status = status
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
