import type { Clock } from '../domain/ports/clock.ts'
import { type OutboundClient, OutboundFault } from '../domain/ports/outbound-client.ts'
import { canonicalUrl } from '../domain/report/canonical-url.ts'
import { INVALID_ENDPOINT } from '../domain/report/failure.ts'
import { visibleText } from '../domain/text/external-text.ts'
import type { ProbeResult, Prober, ProbeTarget } from '../domain/verdict/probe.ts'
import { attempt, type ProbeProgress } from './attempt.ts'

export interface ProberOptions {
  readonly client: OutboundClient
  readonly clock?: Clock
}

/** Probes through the outbound client, one attempt each. */
export function createProber({ client, clock = Date.now }: ProberOptions): Prober {
  return {
    async probe(target, { signal } = {}) {
      const startedAt = clock()
      const deadline = new AbortController()
      const timer = setTimeout(() => deadline.abort(), target.timeout)
      const progress: ProbeProgress = { phase: 'resolve', phases: {} }
      let fault: OutboundFault | undefined
      try {
        const either = signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal
        await attempt({ client, target, progress, signal: either })
      } catch (error) {
        if (error instanceof OutboundFault) fault = error
        else if (deadline.signal.aborted) fault = timeoutFault(target, progress)
        else if (signal?.aborted) fault = new OutboundFault('unknown', 'the probe was aborted')
        else fault = new OutboundFault('unknown', 'internal error of the probe')
      } finally {
        clearTimeout(timer)
      }
      return resultOf(target, startedAt, progress, fault)
    },
  }
}

function resultOf(
  target: ProbeTarget,
  startedAt: number,
  progress: ProbeProgress,
  fault: OutboundFault | undefined,
): ProbeResult {
  return {
    endpoint: target.endpoint,
    vantage: target.vantage,
    url: canonicalUrl(target.url) ?? INVALID_ENDPOINT,
    startedAt,
    up: fault === undefined,
    ...(fault ? { cause: fault.reason, phase: fault.phase ?? progress.phase } : {}),
    ...(fault?.cutOff ? { cutOff: fault.cutOff } : {}),
    ...(!fault && progress.pathUnproven ? { pathUnproven: true } : {}),
    detail: visibleText(fault?.message ?? answerSentence(progress), 400),
    phases: progress.phases,
    ...(progress.address === undefined ? {} : { address: progress.address }),
    ...(progress.status === undefined ? {} : { status: progress.status }),
    ...(progress.method === undefined ? {} : { method: progress.method }),
    ...(progress.tls ? { tls: progress.tls } : {}),
    ...(progress.redirect === undefined ? {} : { redirectTo: progress.redirect }),
  }
}

const answerSentence = ({ status, pathUnproven }: ProbeProgress): string =>
  pathUnproven
    ? `it answers ${status}; whether the path accepts POST is not proven, since HEAD and OPTIONS prove nothing here`
    : `it answers ${status}`

function timeoutFault({ timeout }: ProbeTarget, { phase }: ProbeProgress): OutboundFault {
  const what = {
    resolve: 'the name was not resolved',
    connect: 'nothing accepted the connection',
    tls: 'the TLS handshake did not complete',
    http: 'no complete answer arrived',
  }
  const cutOff = phase === 'resolve' ? 'no_resolver' : undefined
  return new OutboundFault('timeout', `${what[phase]} within the probe's ${timeout} ms`, { cutOff })
}
