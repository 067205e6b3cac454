import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, flag } from '../../src/cli/command.ts'
import { complain } from '../../src/cli/complain.ts'
import { firstSource } from '../../src/cli/simulate/given-up.ts'
import { simulatedReports } from '../../src/cli/simulate/report.ts'
import { loadConfig } from '../../src/config/config.ts'
import { incidentsOf } from './incidents.ts'
import { startMonitoring } from './monitoring.ts'
import { printLines } from './print.ts'
import { NotStarted, Processes } from './processes.ts'
import { CA_FILE, startReceiver } from './receiver.ts'
import { playOutage } from './script.ts'
import { ownEnv, startDemoService } from './service.ts'
import { untilSignal } from './until-signal.ts'

/** An outage from end to end on this machine: service, platform, application, Prometheus and Alertmanager. */
export const demo = command({
  usage: 'demo [--exit]',
  summary: 'play an outage on this machine: incident, verdict, notification, fix, recovery',
  options: { exit: flag('--exit', 'end after the last step, instead of waiting for Ctrl-C') },
  examples: ['demo', 'demo --exit'],
  exitCodes: '0 everything came as expected, 1 something did not, 2 the command line is wrong.',
  readsConfig: false,
  async run({ values }, env) {
    const stopping = new AbortController()
    const { signal } = stopping
    const asked = untilSignal().then(() => stopping.abort())
    const ca = readFileSync(CA_FILE, 'utf8')
    const folder = mkdtempSync(join(tmpdir(), 'webhook-error-exporter-demo-'))
    const processes = new Processes()
    const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    // After a second Ctrl-C nothing else runs. The processes have been killed by then: their listener is older.
    process.once('exit', removeFolder)
    const closing: (() => Promise<void>)[] = []
    try {
      const receiver = await startReceiver({ host: '127.0.0.1', port: 0, delay: 0, fault: 'none' })
      closing.push(() => receiver.close())
      const url = `https://127.0.0.1:${receiver.port}/hooks/orders`
      const { ingest, admin, file, firstProbe } = await startDemoService({ folder, url, processes, signal })
      const onOpened = (close: () => Promise<void>) => closing.push(close)
      const monitoring = await startMonitoring({ folder, admin, processes, signal, onOpened })
      printLines(`the service  ${admin}/  (its pages, metrics and API)`)
      printLines(`the application  ${url}`)
      if (monitoring.prometheus) printLines(`Prometheus  ${monitoring.prometheus}/alerts`)
      if (monitoring.alertmanager) printLines(`Alertmanager  ${monitoring.alertmanager}/#/alerts`)
      for (const missing of monitoring.missing) printLines(`missing: ${missing}`)

      printLines('\nThe service probes the application every 10 seconds; this waits for the first good probe.')
      await firstProbe()
      const config = await loadConfig({ ...ownEnv(), CONFIG_FILE: file })
      const { ok, notified } = await playOutage({
        receiver,
        url,
        ca,
        kind: config.sources[firstSource(config)]!.kind,
        report: simulatedReports({ config, source: firstSource(config), ingest: new URL(ingest), env }),
        incident: incidentsOf(admin),
        notification: monitoring.notification,
        link: ({ id }) => `${admin}/incidents/${id}`,
        print: printLines,
        signal,
      })
      const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`
      const time =
        notified &&
        ` First notification ${seconds(notified.after)} after the report, ${seconds(notified.at)} after the start.`
      printLines(ok ? `\nDone.${time ?? ''}` : '\nThe demo did not go as expected.')
      if (!values.exit) {
        printLines('Look around; Ctrl-C ends everything and leaves nothing behind.')
        await asked
      }
      return ok ? 0 : 1
    } catch (error) {
      if (signal.aborted) return 0
      if (!(error instanceof NotStarted)) throw error
      complain(error.message)
      return 1
    } finally {
      await Promise.all(closing.map((close) => close()))
      await processes.stop()
      removeFolder()
      process.removeListener('exit', removeFolder)
    }
  },
})
