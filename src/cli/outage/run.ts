import { formatDuration } from '../../units.ts'
import { deliver } from '../simulate/delivery.ts'
import type { Receiver } from '../simulate/receiver.ts'
import type { ReportFacts } from '../simulate/report.ts'
import type { Sent } from '../simulate/send.ts'
import { type SeenIncident, windowOf } from './incidents.ts'
import type { Expectation, Plan, Step } from './plan.ts'

export interface OutageDeps {
  readonly receiver: Pick<Receiver, 'setFault' | 'fault'>
  /** Where the platform delivers. */
  readonly url: string
  readonly ca: string | undefined
  /** Kind of the source that delivers. */
  readonly kind: string
  readonly report: (facts: ReportFacts) => Promise<Sent>
  /** The incident that an accepted report belongs to; undefined: none yet. @param failureId as the service answered */
  readonly incident: (failureId: string) => Promise<SeenIncident | undefined>
  /** Text of the newest notification of that status; null: nothing here receives notifications; undefined: none yet. */
  readonly notification: (status: 'firing' | 'resolved') => string | null | undefined
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
  /** When the notification came, by `performance.now()`, and milliseconds since the first report; undefined: none came. */
  readonly notified: { readonly at: number; readonly after: number } | undefined
}

const PAUSE = 200

/** Plays a plan, one line per step. Never rejects. */
export async function runOutage(plan: Plan, deps: OutageDeps): Promise<OutageResult> {
  const faults: string[] = []
  let reportedAt: number | undefined
  let failureId: string | undefined
  let repairedAt = performance.now()
  let notified: OutageResult['notified']

  async function play(step: Step): Promise<void> {
    if (step.kind === 'say') return deps.print(`\n${step.text}`)
    if (step.kind === 'wait') return sleep(step.time, deps.signal)
    if (step.kind === 'fault') {
      await deps.receiver.setFault(step.fault)
      if (step.fault === 'none') repairedAt = performance.now()
      return
    }
    if (step.kind === 'deliver') {
      for (let count = 0; count < step.count && !deps.signal.aborted; count++) await deliverOne(step.expect)
      return
    }
    const { found, error } = await waitFor(step)
    if (deps.signal.aborted) return
    const within = formatDuration(step.within)
    if (step.what === 'nothing') {
      if (found !== undefined) return fail(found)
      if (error) return fail(`nothing: whether an incident was opened is not known (${error.message})`)
      return deps.print(`  no incident was opened within ${within}`)
    }
    if (found !== undefined) return deps.print(`  ${found}`)
    fail(`${step.what}: did not come within ${within}${error ? ` (${error.message})` : ''}`)
  }

  async function deliverOne(expected: 'delivered' | 'lost'): Promise<void> {
    const { url, ca, kind } = deps
    const onAttempt = (line: string) => deps.print(`  ${line}`)
    const result = await deliver({ url, kind, event: plan.event, set: {}, ca, pause: PAUSE, onAttempt })
    if (result.ok !== (expected === 'delivered')) fail(`a delivery was ${result.ok ? 'delivered' : 'lost'}`)
    if (result.ok) return
    const { code, message, attempts } = result
    const sent = await deps.report({ endpoint: url, code, message, event: plan.event, attempts })
    reportedAt ??= performance.now()
    const answer = 'error' in sent ? sent.error : `answered ${sent.status}`
    deps.print(`  reported to webhook-error-exporter: ${answer} after ${sent.milliseconds} ms`)
    if (sent.status !== 202) return fail(`the report was not accepted: ${answer}`)
    failureId = idIn('body' in sent ? sent.body : '') ?? failureId
  }

  async function waitFor(step: Step & { kind: 'expect' }): Promise<{ found?: string | undefined; error?: Error }> {
    const end = performance.now() + step.within
    let failed: { error?: Error } = {}
    do {
      try {
        const found = await look(step.what, step.cause)
        if (found !== undefined) return { found }
        failed = {}
      } catch (error) {
        failed = { error: error as Error }
      }
      await sleep(PAUSE, deps.signal)
    } while (performance.now() < end && !deps.signal.aborted)
    return failed
  }

  async function look(what: Expectation, cause: string | undefined): Promise<string | undefined> {
    if (what === 'notification' || what === 'resolved') return lookForNotification(what)
    const incident = failureId && (await deps.incident(failureId))
    if (!incident || (cause !== undefined && incident.verdict?.cause !== cause)) return undefined
    const { verdict, closedAt, failures } = incident
    if (what === 'incident' || what === 'nothing') return `incident open: ${deps.link(incident)}`
    if (what === 'verdict') return verdict ? `verdict: ${verdict.sentence}` : undefined
    if (closedAt === null) return undefined
    const reports = failures === 1 ? '1 report' : `${failures} reports`
    return `incident closed ${since(repairedAt)} the fix: ${reports}, ${windowOf(incident)}: ${deps.link(incident)}`
  }

  function lookForNotification(what: 'notification' | 'resolved'): string | undefined {
    const isFirst = what === 'notification'
    const text = deps.notification(isFirst ? 'firing' : 'resolved')
    if (text === null) return `${isFirst ? 'notification' : 'resolved notification'}: not checked`
    if (text === undefined) return undefined
    if (!isFirst) return `resolved notification ${since(repairedAt)} the fix: ${text}`
    if (reportedAt === undefined) return `notification: ${text}`
    const at = performance.now()
    notified ??= { at, after: at - reportedAt }
    return `notification ${since(reportedAt)} the report: ${text}`
  }

  function fail(fault: string): void {
    faults.push(fault)
    deps.print(`  NOT AS EXPECTED: ${fault}`)
  }

  for (const step of plan.steps) {
    if (deps.signal.aborted) break
    await play(step).catch((error: Error) => fail(error.message))
  }
  return { faults, notified }
}

const since = (start: number): string => `${((performance.now() - start) / 1_000).toFixed(1)} s after`

/** The id in the answer to a report; undefined where there is none. */
function idIn(body: string): string | undefined {
  try {
    const { id } = JSON.parse(body) as { id?: unknown }
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
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
