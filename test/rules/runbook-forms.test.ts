import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { CONTAINER, FORMS, UNIT } from '../../grafana/rules/text.ts'
import { HOOK_SECRET, hookReceiver } from '../support/hook-receiver.ts'
import { answer, REPORT, report } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'
import { bash, blocks, isOfForm, type Ran, reasonNotToRun, unique } from './runbook-commands.ts'

const ROOT = join(import.meta.dirname, '../..')
const NODE = join(ROOT, 'node_modules/.bin/node')
const definitionOf = (name: string) => {
  const { exporter, logs } = FORMS.find((form) => form.name.startsWith(name))!
  return `${exporter}\n${logs}`
}

/** A form of the receiver: its definitions of a runbook, and what they call, where this machine has none of it. */
interface Form {
  readonly name: string
  readonly definition: string
  /** Files of programs, by name. */
  readonly programs: (service: Service) => Readonly<Record<string, string>>
  /** Variables of the shell in which an engineer types. */
  readonly shell: (service: Service) => Readonly<Record<string, string>>
}

const environmentOf = (service: Service): Readonly<Record<string, string>> => ({
  CONFIG_FILE: join(service.folder, 'config.yaml'),
  ADMIN_PORT: new URL(service.admin).port,
  HOOK_SECRET,
})
const lines = (variables: Readonly<Record<string, string>>) =>
  Object.entries(variables).map(([name, value]) => `${name}=${value}`)

const READ_LOG = (service: Service) => `#!/bin/sh\ncat '${join(service.folder, 'exporter.log')}'\n`

const PLAIN: readonly Form[] = [
  {
    name: 'npm start',
    definition: definitionOf('`npm start`'),
    programs: () => ({}),
    shell: environmentOf,
  },
  {
    // The image's entry point with arguments, in the environment of its running container.
    name: 'container',
    definition: definitionOf('Container'),
    programs: (service) => ({
      docker: `#!/bin/sh
[ "$1 $2" = 'exec ${CONTAINER}' ] && shift 2 && [ "$1 $2" = '/nodejs/bin/node /app/src/main.ts' ] && shift 2 &&
  exec env ${lines(environmentOf(service)).join(' ')} '${NODE}' '${join(ROOT, 'src/main.ts')}' "$@"
[ "$*" = 'logs --since 1h ${CONTAINER}' ] && exec cat '${join(service.folder, 'exporter.log')}'
exit 125
`,
    }),
    shell: () => ({}),
  },
  {
    // The unit's environment file, folder and program.
    name: 'systemd',
    definition: definitionOf('systemd'),
    programs: (service) => ({
      sudo: `#!/bin/sh\n[ "$1 $2" = '-u ${UNIT}' ] && shift 2 && exec "$@"\nexit 1\n`,
      journalctl: READ_LOG(service),
    }),
    shell: () => ({}),
  },
]

const ENDPOINTS = Array.from({ length: 40 }, (_, index) => `orders-${index}`)

describe('the commands of the runbooks, in each form without Kubernetes', function () {
  this.timeout(120_000)
  let service: Service
  let receiver: Awaited<ReturnType<typeof hookReceiver>>
  let endpoint = ENDPOINTS[0]!
  const table: string[] = []
  const own = blocks.filter((block) => isOfForm(block) && !reasonNotToRun(block))
  const commands = unique(own).flatMap((code) => code.split('\n'))
  const logs = commands.filter((code) => code.startsWith('logs '))
  const programs = commands.filter((code) => code.startsWith('exporter '))

  before(async () => {
    receiver = await hookReceiver(() => 202)
    service = await startService({
      config: {
        outbound: { allow: ['127.0.0.1/32'] },
        hooks: [{ name: 'backfill', url: receiver.url, secret: { env: 'HOOK_SECRET' } }],
        endpoints: ENDPOINTS.map((name) => ({ name, urls: [`${receiver.url}/${name}`] })),
      },
      env: { HOOK_SECRET },
    })
  })
  after(async () => {
    await stopServices()
    await receiver?.close()
    console.log(table.map((line) => `      ${line}`).join('\n'))
  })

  const incidents = async (query: string) =>
    (await answer(fetch(`${service.admin}/api/v1/incidents?${query}`))).body.incidents as { id: string }[]
  const isOpen = async () => (await incidents(`state=open&endpoint=${endpoint}`)).length === 1
  // Each time another endpoint: within the quiet time after closing, the same incident would be reopened.
  const fail = async () => {
    endpoint = ENDPOINTS[ENDPOINTS.indexOf(endpoint) + 1]!
    await report(service.ingest, { ...REPORT, endpoint: `${receiver.url}/${endpoint}` })
    await until('the incident', isOpen)
  }

  function run({ definition, programs: files, shell }: Form, code: string): Promise<Ran> {
    const folder = tempFolder()
    for (const [name, text] of Object.entries(files(service))) {
      writeFileSync(join(folder, name), text)
      chmodSync(join(folder, name), 0o755)
    }
    mkdirSync(join(folder, 'etc'))
    writeFileSync(join(folder, 'etc/environment'), `${lines(environmentOf(service)).join('\n')}\n`)
    writeFileSync(join(service.folder, 'exporter.log'), `${service.stdout.join('\n')}\n`)
    const here = definition
      .replace(`/etc/${UNIT}/`, `${folder}/etc/`)
      .replace(`/opt/${UNIT}`, ROOT)
      .replace('cat exporter.log', `cat '${join(service.folder, 'exporter.log')}'`)
    const PATH = `${folder}${delimiter}${process.env['PATH']}`
    return bash(`${here}\n${code}`, { ...shell(service), PATH, ENDPOINT: endpoint })
  }

  for (const form of PLAIN) {
    it(`run with ${form.name}`, async () => {
      for (const code of programs) {
        if (code.startsWith('exporter close') || code.includes('INCIDENT')) {
          if (!(await isOpen())) await fail()
        }
        if (code.includes('INCIDENT')) await run(form, 'exporter close "$ENDPOINT" --reason "to be recovered"')
        const [closed] = await incidents(`state=closed&endpoint=${endpoint}&limit=1`)
        const { code: exit, output } = await run(
          form,
          code.replace('INCIDENT', closed?.id ?? 'none').replace('HOOK', 'backfill'),
        )
        if (code === 'exporter journal reset-series') {
          // It says what to do where the journal is held by the running service.
          expect(exit, output).to.equal(1)
          expect(output).to.match(/another process|in use|stop/i)
        } else {
          expect(exit, `${code}\n${output}`).to.equal(0)
          expect(output, code).to.have.length.above(1)
        }
        table.push(`${form.name}, exit ${exit}: ${code}`)
      }
      const { code: exit, output } = await run(
        form,
        `logs | grep listening\n${logs.map((each) => `${each} >/dev/null; [ $? -le 1 ] || exit 9`).join('\n')}`,
      )
      expect(exit, output).to.equal(0)
      expect(output).to.include('listening')
      table.push(`${form.name}: ${logs.length} searches of the log`)
    })
  }

  it('are those of every runbook that has any, with their definitions in its set-up', () => {
    expect(programs.length).to.be.above(6)
    expect(logs.length).to.be.above(6)
    for (const { alert, code } of own) {
      const setup = blocks.filter((block) => block.alert === alert && block.isSetup).map((block) => block.code)
      const name = code.startsWith('logs ') ? 'logs' : 'exporter'
      for (const form of FORMS) expect(setup.join('\n').split('\n'), alert).to.include(form[name])
    }
  })

  it('name the unit’s user, environment, folder and program', () => {
    const unit = readFileSync(join(ROOT, 'examples/systemd/webhook-error-exporter.service'), 'utf8')
    const definition = definitionOf('systemd')
    const unitValue = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)![1]!
    expect(definition).to.include(`sudo -u ${unitValue('User')} `)
    expect(definition).to.include(`. ${unitValue('EnvironmentFile')};`)
    expect(definition).to.include(`cd ${unitValue('WorkingDirectory')} `)
    const [node] = unitValue('ExecStart').split(' ')
    expect(node).to.equal(`${unitValue('WorkingDirectory')}/node_modules/.bin/node`)
    expect(definition).to.include('exec node_modules/.bin/node src/main.ts')
    // Read by the shell as it is by systemd: names and values without spaces.
    const environment = readFileSync(join(ROOT, 'examples/systemd/environment'), 'utf8')
    expect(environment).to.match(/^((#.*|[A-Z_]+=[^\s'"$`\\;&|<>()]+)\n)+$/)
  })
})
