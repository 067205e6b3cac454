import { classify } from '../domain/classify/classify.ts'
import { identifier } from '../domain/report/endpoint.ts'
import { refIdentifier } from '../domain/report/endpoint-refs.ts'
import { failureIds } from '../domain/report/failure.ts'
import { memoize } from '../domain/text/memoize.ts'
import { safeMessage } from '../domain/text/safe-message.ts'
import { safeName } from '../domain/text/safe-name.ts'
import { createDeliveries, type Deliveries } from '../service/deliveries.ts'
import type { IncidentTracker } from '../service/incident-tracker.ts'
import { createSignalRecorder, type SignalRecorder } from '../service/record-signals.ts'
import type { SignalReading } from '../service/recorded-source.ts'
import type { StartContext } from './context.ts'
import type { StartedJournal } from './journal.ts'
import type { Telemetry } from './telemetry.ts'

/** Characters of a tenant that a signal names. */
const TENANT_LENGTH = 100

export interface DeliveryDeps {
  readonly journal: StartedJournal
  readonly telemetry: Telemetry
  readonly incidents: IncidentTracker
  /** Milliseconds after which the platform gives up, by endpoint, where a proxied route says so. */
  readonly giveUpAfter?: ReadonlyMap<string, number>
}

export interface StartedDeliveries {
  readonly reading: SignalReading
  readonly signals: SignalRecorder
  readonly deliveries: Deliveries
}

/** What reads signals other than lost deliveries, and what follows from deliveries that succeed or fail. */
export function startDeliveries(
  { config, log, cleanUps }: StartContext,
  { journal: { journal, clock }, telemetry: { metrics }, incidents, giveUpAfter }: DeliveryDeps,
): StartedDeliveries {
  const newId = failureIds()
  const reading: SignalReading = {
    identify: memoize(identifier(config.endpoints)),
    identifyRef: memoize(refIdentifier(config.endpoints)),
    safeMessage: memoize((message) => safeMessage(message)),
    safeTenant: memoize((tenant) => safeName(tenant, TENANT_LENGTH)),
  }
  const signals = createSignalRecorder({ ...reading, journal, incidents, newId, metrics, log, clock })
  const deliveries = createDeliveries({
    incidents,
    recordSignal: signals.recordOne,
    settings: config.incidents,
    configured: config.endpoints.map(({ name }) => name),
    ...(giveUpAfter && { giveUpAfter }),
    classify: (seen) => classify(seen),
    newId,
    metrics,
    clock,
  })
  metrics.observe({ overdue: deliveries.overdue })
  cleanUps.push('deliveries', () => deliveries.stop())
  return { reading, signals, deliveries }
}
