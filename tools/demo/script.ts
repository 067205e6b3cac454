import { setTimeout as sleep } from 'node:timers/promises'
import type { ReportFacts } from '../../src/cli/simulate/report.ts'
import type { Sent } from '../../src/cli/simulate/send.ts'
import { formatDuration } from '../../src/units.ts'
import { deliver } from './delivery.ts'
import { type SeenIncident, windowOf } from './incidents.ts'
import type { Receiver } from './receiver.ts'

export interface OutageDeps {
  readonly receiver: Pick<Receiver, 'setFault'>
  /** Where the platform delivers. */
  readonly url: string
  readonly ca: string
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
  /** Ends it early. */
  readonly signal: AbortSignal
}

/** What came of an outage. */
export interface OutageResult {
  /** Whether everything came as expected. */
  readonly ok: boolean
  /** When the notification came, by `performance.now()`, and milliseconds since the report; undefined: none came. */
  readonly notified: { readonly at: number; readonly after: number } | undefined
}

const PAUSE = 200
const EVENT = 'order.created'

/**
 * What the demo plays: deliveries flow, a certificate expires, the platform gives up, someone is notified, and it is fixed.
 * @throws AbortError once `signal` is aborted
 */
export async function playOutage(deps: OutageDeps): Promise<OutageResult> {
  const { receiver, url, ca, kind, link, print, signal } = deps
  let ok = true
  let failureId = ''
  let notified: OutageResult['notified']
  const say = (text: string) => print(`\n${text}`)
  const fail = (fault: string) => {
    ok = false
    print(`  NOT AS EXPECTED: ${fault}`)
  }

  async function deliverOne(expected: 'delivered' | 'lost'): Promise<void> {
    signal.throwIfAborted()
    const onAttempt = (line: string) => print(`  ${line}`)
    const result = await deliver({ url, kind, event: EVENT, set: {}, ca, pause: PAUSE, onAttempt })
    if (result.ok !== (expected === 'delivered')) fail(`a delivery was ${result.ok ? 'delivered' : 'lost'}`)
    if (result.ok) return
    const { code, message, attempts } = result
    const sent = await deps.report({ endpoint: url, code, message, event: EVENT, attempts })
    const answer = 'error' in sent ? sent.error : `answered ${sent.status}`
    print(`  reported to webhook-error-exporter: ${answer} after ${sent.milliseconds} ms`)
    if ('error' in sent || sent.status !== 202) return fail(`the report was not accepted: ${answer}`)
    failureId = (JSON.parse(sent.body) as { id: string }).id
  }

  /** Looks until there is something, and prints it. */
  async function expect(what: string, time: number, look: () => Promise<string | undefined>): Promise<void> {
    const end = performance.now() + time
    let why = ''
    do {
      try {
        const found = await look()
        if (found !== undefined) return print(`  ${found}`)
        why = ''
      } catch (error) {
        why = ` (${(error as Error).message})`
      }
      await sleep(PAUSE, undefined, { signal })
    } while (performance.now() < end)
    fail(`${what}: did not come within ${formatDuration(time)}${why}`)
  }
  const expectIncident = (what: string, time: number, look: (incident: SeenIncident) => string | undefined) =>
    expect(what, time, async () => {
      const incident = failureId === '' ? undefined : await deps.incident(failureId)
      return incident && look(incident)
    })
  const expectNotification = (what: string, status: 'firing' | 'resolved', show: (text: string) => string) =>
    expect(what, 120_000, async () => {
      const text = deps.notification(status)
      return text === null ? `${what}: not checked` : text && show(text)
    })

  say('The application works. The platform delivers two orders.')
  await deliverOne('delivered')
  await deliverOne('delivered')
  say('The certificate of the application expires.')
  await receiver.setFault('tls-expired')
  say('The platform delivers another order, gives up after three attempts, and reports it.')
  await deliverOne('lost')
  const reportedAt = performance.now()
  await expectIncident('incident', 30_000, (incident) => `incident open: ${link(incident)}`)
  await expectIncident('verdict', 30_000, ({ verdict }) =>
    verdict?.cause === 'tls' ? `verdict: ${verdict.sentence}` : undefined,
  )
  await expectNotification('notification', 'firing', (text) => {
    const at = performance.now()
    notified = { at, after: at - reportedAt }
    return `notification ${since(reportedAt)} the report: ${text}`
  })
  say('The certificate is renewed.')
  await receiver.setFault('none')
  const repairedAt = performance.now()
  await deliverOne('delivered')
  await expectIncident('closed', 120_000, (incident) => {
    if (incident.closedAt === null) return undefined
    const { failures } = incident
    const reports = failures === 1 ? '1 report' : `${failures} reports`
    return `incident closed ${since(repairedAt)} the fix: ${reports}, ${windowOf(incident)}: ${link(incident)}`
  })
  await expectNotification(
    'resolved notification',
    'resolved',
    (text) => `resolved notification ${since(repairedAt)} the fix: ${text}`,
  )
  return { ok, notified }
}

const since = (start: number): string => `${((performance.now() - start) / 1_000).toFixed(1)} s after`
