import { readFile } from 'node:fs/promises'
import { loadConfig } from '../config/config.ts'
import type { Command } from './command.ts'
import { notificationSink } from './demo/notifications.ts'
import { incidentsOf } from './outage/incidents.ts'
import { readPlan } from './outage/plan.ts'
import { printLines } from './outage/print.ts'
import { runOutage } from './outage/run.ts'
import { localOrigin } from './recovery-client.ts'
import { firstSource } from './simulate/given-up.ts'
import { ALLOW_HELP, ALLOW_OPTION, simulationUrl } from './simulate/hosts.ts'
import { caOption, markSecret, portOption, readRef, refOption, refOptions } from './simulate/options.ts'
import { CA_FILE, listen, startReceiver } from './simulate/receiver.ts'
import { simulatedReports } from './simulate/report.ts'
import { untilSignal } from './simulate/until-signal.ts'
import { parseOptions, UsageError } from './usage.ts'

const HOST = '127.0.0.1'

/** Plays a game day against a running service: a stand-in application fails as planned, a stand-in platform reports it. */
export const simulateOutage: Command = {
  usage: 'simulate outage --plan FILE',
  summary: 'play a game day: an application that fails as planned, and what must come of it',
  options: [
    ['--plan FILE', 'YAML, see docs/simulate.md; everything that is wrong with it is reported at once'],
    ['--ingest URL', 'the ingest listener, or the whole URL of the source; by default as configured, on this machine'],
    ['--admin URL', 'the admin listener, where incidents are looked up; by default as configured, on this machine'],
    ['--url URL', 'where the platform delivers, such as a proxy in front of the receiver (the receiver)'],
    ['--port N', 'of the receiver that fails, on 127.0.0.1 (any free port)'],
    ['--notifications-port N', 'where Alertmanager sends its webhooks; without it notifications are not checked'],
    ['--source NAME', 'send as this source (default: the first configured one)'],
    ['--credential-file FILE, --credential-env NAME', 'credential of the report, instead of the source’s first one'],
    ['--secret-file FILE, --secret-env NAME', 'marks reports as simulated, instead of simulation.secret'],
    ['--api-token-file FILE, --api-token-env NAME', 'instead of admin.apiToken'],
    ['--ca-file FILE', 'authority to trust besides the system’s and the receiver’s'],
    ALLOW_HELP,
  ],
  examples: ['simulate outage --plan game-day.yaml', 'simulate outage --plan game-day.yaml --port 3000'],
  exitCodes: '0 everything came as the plan expects, 1 something did not, 2 the command line or the plan is wrong.',
  readsConfig: true,
  async run(args, env) {
    const { values } = parseOptions(args, {
      options: {
        plan: { type: 'string' },
        ingest: { type: 'string' },
        admin: { type: 'string' },
        url: { type: 'string' },
        port: { type: 'string', default: '0' },
        'notifications-port': { type: 'string' },
        source: { type: 'string' },
        'ca-file': { type: 'string' },
        ...refOptions('credential'),
        ...refOptions('secret'),
        ...refOptions('api-token'),
        ...ALLOW_OPTION,
      },
    })
    const { plan: file, allow, source } = values
    if (file === undefined) throw new UsageError('simulate outage takes --plan FILE')
    const text = await readFile(file, 'utf8').catch(() => {
      throw new UsageError(`--plan: ${file} cannot be read`)
    })
    const plan = readPlan(text, file)
    const config = await loadConfig(env)
    const ingest = simulationUrl('--ingest', values.ingest ?? localOrigin(config.ingest), allow)
    const admin = simulationUrl('--admin', values.admin ?? localOrigin(config.admin), allow)
    const target = values.url === undefined ? undefined : simulationUrl('--url', values.url, allow)
    const port = portOption(values, 'port')
    const notifyPort = values['notifications-port'] === undefined ? undefined : portOption(values, 'notifications-port')
    const secret = plan.real ? undefined : await markSecret(values, config, env)
    if (!plan.real && secret === undefined)
      throw new UsageError(
        'no secret, so reports would be real: configure simulation.secret, name --secret-file, or write real: true in the plan',
      )
    const tokenRef = refOption(values, 'api-token') ?? config.admin.apiToken
    const token = tokenRef && (await readRef(tokenRef, env)).split(/\s/)[0]
    const extraCa = await caOption(values)
    const ca = [await readFile(CA_FILE, 'utf8'), ...(extraCa === undefined ? [] : [extraCa])].join('\n')
    const credential = refOption(values, 'credential')

    const stopping = new AbortController()
    void untilSignal().then(() => stopping.abort())
    const closing: (() => Promise<void>)[] = []
    try {
      const receiver = await startReceiver({ host: HOST, port, delay: 5_000, fault: 'none' })
      closing.push(() => receiver.close())
      const sink = notifyPort === undefined ? undefined : notificationSink()
      if (sink) {
        await listen(sink.server, HOST, notifyPort!)
        closing.push(sink.close)
      }
      const url = target?.href ?? `https://${HOST}:${receiver.port}/hooks/orders`
      printLines(`The platform delivers to ${url}; reports are ${plan.real ? 'real' : 'simulated'}.`)
      const { faults } = await runOutage(plan, {
        receiver,
        url,
        ca,
        kind: config.sources[source ?? firstSource(config)]?.kind ?? '',
        report: simulatedReports({
          config,
          source: source ?? firstSource(config),
          ingest,
          credential,
          secret,
          env,
          ca: extraCa,
        }),
        incident: incidentsOf(admin.href, token),
        notification: (status) => (sink ? sink.newest(status) : null),
        link: ({ id }) => new URL(`/incidents/${id}`, admin).href,
        print: printLines,
        signal: stopping.signal,
      })
      if (stopping.signal.aborted) return 130
      printLines(faults.length > 0 ? `\nNot as expected:\n${faults.join('\n')}` : '\nEverything came as expected.')
      return faults.length > 0 ? 1 : 0
    } finally {
      await Promise.all(closing.map((close) => close()))
    }
  },
}
