import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { RULE_FILES } from '../../grafana/rules/groups.ts'
import { RULES } from '../rules/promtool.ts'
import { JOB } from '../rules/series.ts'
import { startAlertmanager } from '../support/alertmanager.ts'
import { nameServer } from '../support/name-server.ts'
import { program } from '../support/programs.ts'
import { startPrometheus } from '../support/prometheus.ts'
import { stopServices } from '../support/service.ts'
import { removeTempFolders, until } from '../support/temp.ts'
import { blindReceivers } from './blind.ts'
import { routing, startSink } from './messages.ts'
import { oneEndpoint } from './one-endpoint.ts'
import { print } from './print.ts'
import { restarts } from './restarts.ts'
import { score } from './score.ts'
import { shop, TEAMS } from './shop.ts'
import { story } from './story.ts'
import { buildNetwork, NAMES } from './world.ts'

/**
 * `npm run stage:pages`: who is notified of what, with the real service, Prometheus, Alertmanager, the shipped rules and
 * routes at their real intervals; only `incidents.quietTime` is short. Several installations live through their outages at
 * the same time, for about a quarter of an hour. Prints what happened, what was sent, and a table; the exit code is 1 unless
 * nothing was missed, false, repeated or falsely resolved. `--minutes N` ends it earlier; `--only NAME,NAME` plays some
 * installations.
 */
const IN_NAMESPACE = 'STAGE_IN_NAMESPACE'
if (process.env[IN_NAMESPACE] !== '1') {
  // Programs are downloaded while there is still a network.
  for (const name of ['prometheus', 'alertmanager'] as const)
    if (!(await program(name))) throw new Error(`${name} is unavailable`)
  const command = ['--net', '--mount', process.execPath, ...process.argv.slice(1)]
  const { status } = spawnSync('unshare', command, { stdio: 'inherit', env: { ...process.env, [IN_NAMESPACE]: '1' } })
  process.exit(status ?? 1)
}
const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}
const only = option('--only')?.split(',')

buildNetwork()
const names = await nameServer(NAMES, '0.0.0.0')
const context = {
  timeout: () => 0,
  skip: () => {
    throw new Error('a program is missing')
  },
} as unknown as Mocha.Context
const plays = [shop, ...oneEndpoint, ...blindReceivers, ...restarts].filter(
  ({ name }) => only === undefined || only.includes(name),
)
const running = await Promise.all(
  plays.map(async (play) => {
    const scene = await play.open()
    await scene.receiver.start()
    return { play, scene }
  }),
)
const sink = await startSink()
const manager = await startAlertmanager(context, routing(TEAMS, sink.url))
const prometheus = await startPrometheus(context, {
  scrape: running.map(({ play, scene }) => ({
    job_name: `${JOB}-${play.name}`,
    static_configs: [{ targets: [scene.receiver.target], labels: { job: JOB, namespace: play.name } }],
  })),
  interval: '15s',
  ruleFiles: [...RULE_FILES.keys()].map((file) => join(RULES, file)),
  alertmanagers: [manager.address],
})
await until(
  'a scrape of each',
  async () => (await prometheus.query(`up{job="${JOB}"} == 1`)).length === plays.length,
  60_000,
)

const events = story()
const began = Date.now()
const heartbeat = setInterval(
  () => console.error(`${Math.round((Date.now() - began) / 60_000)} min, ${sink.messages().length} messages`),
  60_000,
)
const patience = Number(option('--minutes') ?? 60) * 60_000
const timeIsUp = new Promise<void>((resolve) => setTimeout(resolve, patience).unref())
await Promise.race([Promise.all(running.map(({ scene }) => scene.play(events))), timeIsUp])
clearInterval(heartbeat)

const result = score(sink.messages(), events.expected, events.broken)
print(began, events, sink, result)
await prometheus.stop()
await manager.stop()
await stopServices()
names.close()
await sink.close()
removeTempFolders()
const faults = result.late.length + result.missed.length + result.wrong.length + result.repeated.length
process.exit(faults + result.falselyResolved.length === 0 ? 0 : 1)
