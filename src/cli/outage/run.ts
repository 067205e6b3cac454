import { formatDuration } from '../../units.ts'
import { deliver } from '../simulate/delivery.ts'
import type { Receiver } from '../simulate/receiver.ts'
import type { ReportFacts } from '../simulate/report.ts'
import type { Sent } from '../simulate/send.ts'
import type { Expectation, Plan, Step } from './plan.ts'

/** An incident as the API shows it, as far as a game day looks at it. */
export interface SeenIncident {
  readonly id: string
  readonly openedAt: string
  readonly closedAt: string | null
  readonly cause: string
  readonly failures: number
  readonly verdict: { readonly cause: string; readonly sentence: string } | null
  readonly loss: { readonly from: string | null; readonly until: string | null }
}

export interface OutageDeps {
  readonly receiver: Pick<Receiver, 'setFault' | 'fault'>
  /** Where the platform delivers. */
  readonly url: string
  readonly ca: string | undefined
  readonly report: (facts: ReportFacts) => Promise<Sent>
  /** The newest incident of the endpoint that began in this outage; undefined: none yet. */
  readonly incident: () => Promise<SeenIncident | undefined>
  /** Text of the notification that came; null: nothing here receives notifications; undefined: none yet. */
  readonly notification: () => string | null | undefined
  /** Link to an incident's page. */
  readonly link: (incident: SeenIncident) => string
  readonly print: (line: string) => void
  /** Ends waiting early. */
  readonly signal: AbortSignal
}

/** What came of an outage. */
export interface OutageResult {
  /** What did not come as the plan expects, one line each. */
  readonly faults: readonly string[]
  /** Milliseconds from the first report to the notification; undefined where none came. */
  readonly notifiedAfter: number | undefined
}

const PAUSE = 200

/** Plays a plan, one line per step. Never rejects. */
export async function runOutage(plan: Plan, deps: OutageDeps): Promise<OutageResult> {
  const faults: string[] = []
  let reportedAt: number | undefined
  let notifiedAfter: number | undefined

  async function play(step: Step): Promise<void> {
    if (step.kind === 'say') return deps.print(`\n${step.text}`)
    if (step.kind === 'wait') return sleep(step.time, deps.signal)
    if (step.kind === 'fault') return deps.receiver.setFault(step.fault)
    if (step.kind === 'deliver') {
      for (let count = 0; count < step.count && !deps.signal.aborted; count++) await deliverOne(step.expect)
      return
    }
    const found = await waitFor(step)
    if (found !== undefined) deps.print(`  ${found}`)
    else if (!deps.signal.aborted) fail(`${step.what}: did not come within ${formatDuration(step.within)}`)
  }

  async function deliverOne(expected: 'delivered' | 'lost'): Promise<void> {
    const { url, ca } = deps
    const onAttempt = (line: string) => deps.print(`  ${line}`)
    const result = await deliver({ url, event: plan.event, set: {}, ca, pause: PAUSE, onAttempt })
    if (result.ok !== (expected === 'delivered')) fail(`a delivery was ${result.ok ? 'delivered' : 'lost'}`)
    if (result.ok) return
    const { code, message, attempts } = result
    const sent = await deps.report({ endpoint: url, code, message, event: plan.event, attempts })
    reportedAt ??= performance.now()
    const answer = 'error' in sent ? sent.error : `answered ${sent.status}`
    deps.print(`  reported to webhook-error-exporter: ${answer} after ${sent.milliseconds} ms`)
    if (sent.status !== 202) fail(`the report was not accepted: ${answer}`)
  }

  async function waitFor(step: Step & { kind: 'expect' }): Promise<string | undefined> {
    const end = performance.now() + step.within
    do {
      const found = await look(step.what, step.cause).catch(() => undefined)
      if (found !== undefined && step.what !== 'nothing') return found
      if (found !== undefined) return undefined
      await sleep(PAUSE, deps.signal)
    } while (performance.now() < end && !deps.signal.aborted)
    return step.what === 'nothing' ? 'no incident was opened' : undefined
  }

  async function look(what: Expectation, cause: string | undefined): Promise<string | undefined> {
    if (what === 'notification') {
      const text = deps.notification()
      if (text === null) return 'notification: not looked for'
      if (text !== undefined) notifiedAfter ??= performance.now() - (reportedAt ?? performance.now())
      const after = notifiedAfter === undefined ? '' : ` ${(notifiedAfter / 1_000).toFixed(1)} s after the report`
      return text && `notification${after}: ${text}`
    }
    const incident = await deps.incident()
    if (!incident || (cause !== undefined && incident.verdict?.cause !== cause)) return undefined
    const { verdict, closedAt, loss, failures } = incident
    if (what === 'incident' || what === 'nothing') return `incident open: ${deps.link(incident)}`
    if (what === 'verdict') return verdict ? `verdict: ${verdict.sentence}` : undefined
    if (closedAt === null) return undefined
    const window = `lost between ${loss.from ?? 'an unknown time'} and ${loss.until ?? closedAt}`
    return `incident closed; ${failures} reported as lost, ${window}: ${deps.link(incident)}`
  }

  function fail(fault: string): void {
    faults.push(fault)
    deps.print(`  NOT AS EXPECTED: ${fault}`)
  }

  for (const step of plan.steps) {
    if (deps.signal.aborted) break
    await play(step).catch((error: Error) => fail(error.message))
  }
  return { faults, notifiedAfter }
}

const sleep = (time: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, time)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })

/** Reads the newest incident of an endpoint that was opened after this call. @param admin origin of the admin listener */
export function incidentsOf(admin: string, endpoint: string, token?: string): OutageDeps['incident'] {
  const since = Date.now() - 1_000
  const query = new URLSearchParams({ endpoint, limit: '1' })
  return async () => {
    const response = await fetch(`${admin}/api/v1/incidents?${query}`, {
      headers: { accept: 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    })
    const { incidents } = (await response.json()) as { incidents: readonly SeenIncident[] }
    return incidents.find(({ openedAt }) => Date.parse(openedAt) >= since)
  }
}
