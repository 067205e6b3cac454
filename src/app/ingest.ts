import type { AddressInfo } from 'node:net'
import { type Classification, type CodeRules, classify } from '../domain/classify/classify.ts'
import { parseMessage } from '../domain/classify/parsed-message.ts'
import { type Metrics, NO_SOURCE } from '../domain/ports/telemetry.ts'
import type { SeriesLimit } from '../domain/report/series.ts'
import type { Lost } from '../domain/report/signal.ts'
import { memoize } from '../domain/text/memoize.ts'
import { AppError } from '../errors.ts'
import { ingestApp } from '../http/ingest/app.ts'
import { canaryReceiver } from '../http/ingest/canary-handler.ts'
import { Intake } from '../http/ingest/intake.ts'
import { markReader } from '../http/ingest/marks.ts'
import { listen } from '../http/shared/listener.ts'
import type { IncidentTracker } from '../service/incident-tracker.ts'
import { createRecorder } from '../service/record.ts'
import { byPurpose, createSimulatedRecorder } from '../service/record-simulated.ts'
import { UnconfirmedRequests } from '../service/unconfirmed.ts'
import type { StartContext } from './context.ts'
import type { StartedDeliveries } from './deliveries.ts'
import type { StartedJournal } from './journal.ts'
import type { StartedSources } from './sources.ts'
import type { Telemetry } from './telemetry.ts'

/** Milliseconds in which busy proxies use each of their connections once more and learn to close it, see docs/proxies.md. */
const GRACE = 3_000
/** A request that arrives at the end of the grace period has this minus that for its body and its answer. */
const CLOSE_DEADLINE = 5_000

export interface IngestDeps {
  readonly journal: StartedJournal
  readonly telemetry: Telemetry
  readonly incidents: IncidentTracker
  readonly series: SeriesLimit
  readonly delivered: StartedDeliveries
  readonly sources: StartedSources
  /** Undefined if no canary is configured. */
  readonly canarySecret: (() => Promise<string>) | undefined
  /** Undefined where every report is real. */
  readonly simulationSecret: (() => Promise<string>) | undefined
  readonly maxConnections: number
  /** Called with the outcome of each request to a source. */
  readonly onAnswered: Metrics['answered']
}

/** The public listener, which receives reports. @throws what `listen` throws */
export async function startIngest({ config, log, cleanUps }: StartContext, deps: IngestDeps): Promise<AddressInfo> {
  const { canarySecret, series, incidents } = deps
  const { journal, clock } = deps.journal
  const { metrics, tracing } = deps.telemetry
  const { reading } = deps.delivered
  const { answerTimeout, host, port, keepAliveTimeout } = config.ingest
  const intake = new Intake({ answerTimeout, expectedCommit: () => journal.expectedCommit() })
  const ingest = await listen({
    name: 'ingest',
    onConnection: () => intake.accepted(),
    host,
    port,
    maxConnections: deps.maxConnections,
    keepAliveTimeout,
    grace: GRACE,
    onRefused: (code) => metrics.answered({ source: NO_SOURCE, outcome: 'rejected', reason: code, seconds: 0 }),
    handler: ingestApp({
      sources: deps.sources.all.map(({ entry: { name, path, kind }, source }) => ({
        name,
        path,
        source,
        classify: memoizedClassifier(source.codes),
        ...(kind.attempts !== undefined && { attempts: kind.attempts }),
        trusted: source.trusted === true,
        replay: source.replay ?? 'none',
        isProvable: kind.reportsOnlyLosses || (source.replay ?? 'none') === 'none' ? undefined : true,
        comparesContent: kind.comparesContent === true,
      })),
      canary: canaryReceiver({ secret: canarySecret, journal, clock }),
      readMark: markReader({ secret: deps.simulationSecret, clock, log }),
      intake,
      answerTimeout,
      metrics: {
        answered(request) {
          metrics.answered(request)
          deps.onAnswered(request)
        },
      },
      tracing,
      log,
      record: new UnconfirmedRequests({
        async isStored(id) {
          // What can be read of a journal that is down need not be durable.
          if (!journal.status().up)
            throw new AppError('journal_unavailable', 'the report is not known to be stored; send it again', {
              retryAfter: 1,
            })
          return (await journal.get(id)) !== undefined
        },
        record: byPurpose(
          createRecorder({
            journal,
            ...reading,
            signals: deps.delivered.signals,
            onDelivered: deps.delivered.deliveries.reported,
            series,
            incidents,
            tenantLabel: config.metrics.tenantLabel,
            metrics,
            log,
            clock,
          }),
          createSimulatedRecorder({ ...reading, journal, log, clock }),
        ),
      }),
    }),
  })
  cleanUps.push('ingest listener', (deadline) => ingest.close(Math.min(deadline, CLOSE_DEADLINE)))
  log.info({ listener: 'ingest', ...ingest.address }, 'listening')
  return ingest.address
}

/** Reports of one outage resemble each other, in their text at least. The key begins with the code, which contains no space. */
function memoizedClassifier(rules: CodeRules | undefined): (report: Pick<Lost, 'code' | 'message'>) => Classification {
  const parse = memoize(parseMessage)
  const read = memoize((key) => {
    const space = key.indexOf(' ')
    return classify({ code: Number(key.slice(0, space)), message: key.slice(space + 1) }, rules, parse)
  })
  return ({ code, message }) => read(`${code} ${message}`)
}
