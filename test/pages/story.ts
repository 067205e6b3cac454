import type { Broken, Expected } from './score.ts'
import type { Installation } from './world.ts'

const SECOND = 1_000
/** What docs/alertmanager/README.md promises where a group has notified before: a scrape, an evaluation, `group_interval`. */
const PAGE_WITHIN = 120 * SECOND
const REPORT_EVERY = 20 * SECOND

/** What happens, told as it happens, and what should follow from it. */
export interface Story {
  readonly expected: Expected[]
  readonly broken: Broken[]
  readonly told: { readonly at: number; readonly what: string }[]
  tell(what: string): void
  expect(where: Installation, endpoint: string, more: Partial<Expected> & Pick<Expected, 'receiver'>): void
  /** An endpoint begins to fail: its platform reports it now and then until `stopReports`. */
  fails(where: Installation, endpoint: string, platform: Platform): Outage
}

export interface Platform {
  readonly url: string
  readonly code: number
  readonly message: string
  /** Who must be paged; nobody by default. */
  readonly pages?: RegExp
}

export interface Outage {
  /** The platform gives up no further delivery; the endpoint is as it was. */
  stopReports(): void
  /** The endpoint works again, and the platform sees it. */
  fixed(): void
}

export function story(): Story {
  const expected: Expected[] = []
  const broken: Broken[] = []
  const told: { at: number; what: string }[] = []
  const it: Story = {
    expected,
    broken,
    told,
    tell: (what) => told.push({ at: Date.now(), what }),
    expect({ namespace }, endpoint, more) {
      expected.push({
        namespace,
        endpoint,
        alerts: /^WebhookEndpointFailing$/,
        at: Date.now(),
        within: PAGE_WITHIN,
        ...more,
      })
    },
    fails(where, endpoint, { url, code, message, pages }) {
      it.tell(`${where.namespace}/${endpoint}: the platform reports ${code} “${message}”`)
      if (pages) it.expect(where, endpoint, { receiver: pages })
      const outage: Broken = { namespace: where.namespace, endpoint, from: Date.now() }
      broken.push(outage)
      void where.report(url, code, message)
      const timer = setInterval(() => void where.report(url, code, message), REPORT_EVERY)
      return {
        stopReports() {
          clearInterval(timer)
          it.tell(`${where.namespace}/${endpoint}: no further report`)
        },
        fixed() {
          clearInterval(timer)
          outage.until = Date.now()
          it.tell(`${where.namespace}/${endpoint}: fixed`)
        },
      }
    },
  }
  return it
}
