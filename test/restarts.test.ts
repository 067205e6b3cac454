import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { REPORT, scrape, sum } from './support/http.ts'
import { childrenOf, isAlive } from './support/processes.ts'
import { startService, stopServices } from './support/service.ts'
import { freePort, tempFolder, until } from './support/temp.ts'

/** Restarts of each kind, and reports sent during each; `npm run test:restarts` sets 20 and 500. */
const RESTARTS = Number(process.env['RESTARTS'] ?? 2)
const REPORTS = Number(process.env['RESTART_REPORTS'] ?? 100)
const SENDERS = 16
/** The supervisor waits longer after each restart: this many, and a new one takes its place. */
const MOST_IN_A_ROW = 5
const MAIN = join(import.meta.dirname, '../src/main.ts')

/** As systemd does: opens the sockets, starts the service with them, and again a second after its end. */
const SYSTEMD = `
import os, signal, socket, sys, time
sockets = {}
for name in ('ingest', 'admin'):
    sockets[name] = socket.socket()
    sockets[name].bind(('127.0.0.1', 0))
    sockets[name].listen(4096)
    print(name, sockets[name].getsockname()[1], flush=True)
stopping = False
while not stopping:
    child = os.fork()
    if child == 0:
        copies = [os.dup(each.fileno()) for each in sockets.values()]
        for index, fd in enumerate(copies): os.dup2(fd, 3 + index)
        os.closerange(3 + len(copies), 100)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(copies)), LISTEN_FDNAMES=':'.join(sockets))
        os.execvp(sys.argv[1], sys.argv[1:])
    def stop(*_):
        global stopping
        stopping = True
        os.kill(child, signal.SIGTERM)
    signal.signal(signal.SIGTERM, stop)
    os.waitpid(child, 0)
    if not stopping: time.sleep(1)
`

/** Something that keeps the sockets of a service that it starts again and again. */
interface Keeper {
  readonly ingest: string
  readonly admin: string
  readonly pid: number
  stop(): Promise<unknown>
}

async function supervised(): Promise<Keeper> {
  const [ingest, admin] = [await freePort(), await freePort()]
  const service = await startService({
    args: ['supervise'],
    env: { SUPERVISOR_PORT: '0' },
    config: { ingest: { port: ingest }, admin: { port: admin } },
  })
  return {
    ingest: `http://127.0.0.1:${ingest}`,
    admin: `http://127.0.0.1:${admin}`,
    pid: service.pid,
    stop: service.stop,
  }
}

async function activated(): Promise<Keeper> {
  const folder = tempFolder()
  const config = join(folder, 'config.yaml')
  writeFileSync(config, stringify({ journal: { url: `sqlite:${join(folder, 'journal.db')}` } }))
  const child = spawn('python3', ['-c', SYSTEMD, process.execPath, MAIN], {
    env: { ...process.env, CONFIG_FILE: config },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ports: Record<string, string> = {}
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [name, port] = line.split(' ')
    if (!line.startsWith('{')) ports[name!] = `http://127.0.0.1:${port}`
  })
  await until('the sockets', () => ports['admin'])
  const exited = new Promise((resolve) => child.once('close', resolve))
  return {
    ingest: ports['ingest']!,
    admin: ports['admin']!,
    pid: child.pid!,
    stop() {
      child.kill('SIGTERM')
      return exited
    },
  }
}

/** Reports once, on a connection of its own. @returns the status, or the error's code */
function post(ingest: string): Promise<number | string> {
  return new Promise((resolve) => {
    const headers = { 'Content-Type': 'application/json' }
    const sent = request(`${ingest}/webhooks/error`, { method: 'POST', agent: false, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode!))
    })
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    sent.end(JSON.stringify(REPORT))
  })
}

describe(`a socket that outlives the service, ${RESTARTS} restarts`, function () {
  this.timeout(120_000 + RESTARTS * 60_000)
  const keepers = new Set<Keeper>()
  afterEach(async () => {
    for (const keeper of keepers) await keeper.stop()
    keepers.clear()
    await stopServices()
  })

  const begin = async (start: () => Promise<Keeper>) => {
    const keeper = await start()
    keepers.add(keeper)
    await until('the service', async () => (await fetch(`${keeper.admin}/readyz`)).ok, 60_000)
    return keeper
  }
  const serviceOf = ({ pid }: Keeper) => until('the service', () => childrenOf(pid)[0])

  /** Restarts under load. @param end ends the service once the senders have begun; it gets a function that stops them for a moment */
  async function restart(keeper: Keeper, end: (pid: number, senders: Senders) => Promise<void>) {
    const pid = await serviceOf(keeper)
    const senders = new Senders(keeper.ingest, REPORTS)
    await sleep(Math.random() * 100)
    await end(pid, senders)
    await until('its end', () => !isAlive(pid), 30_000)
    const statuses = await senders.done
    await until('its successor', async () => (await fetch(`${keeper.admin}/readyz`)).ok, 60_000)
    return statuses
  }

  async function rounds(start: () => Promise<Keeper>, end: (pid: number, senders: Senders) => Promise<void>) {
    const all = new Map<number | string, number>()
    let recorded = 0
    for (let left = RESTARTS; left > 0; left -= MOST_IN_A_ROW) {
      const keeper = await begin(start)
      for (let round = 0; round < Math.min(left, MOST_IN_A_ROW); round++) {
        for (const [status, count] of await restart(keeper, end)) all.set(status, (all.get(status) ?? 0) + count)
      }
      recorded += sum(await scrape(keeper.admin), 'webhook_delivery_failures_total')
      await keeper.stop()
      keepers.delete(keeper)
    }
    console.log(`      ${RESTARTS} restarts, answers: ${JSON.stringify(Object.fromEntries(all))}`)
    expect([...all]).to.deep.equal([[202, RESTARTS * REPORTS]])
    expect(recorded).to.equal(RESTARTS * REPORTS)
  }

  it('supervise: lets connections wait before the service has started, where variables name the listeners', async () => {
    const [ingest, admin] = [String(await freePort()), String(await freePort())]
    const address = { INGEST_HOST: '127.0.0.1', INGEST_PORT: ingest, ADMIN_HOST: '127.0.0.1', ADMIN_PORT: admin }
    const env = { SUPERVISOR_PORT: '0', ...address }
    const service = await startService({ args: ['supervise'], env, wait: false })
    const status = await until('a connection', async () => {
      const answer = post(`http://127.0.0.1:${ingest}`)
      const refused = await Promise.race([answer, sleep(20)])
      return (
        refused !== 'ECONNREFUSED' && { answer, listens: service.log().some(({ listener }) => listener === 'ingest') }
      )
    })
    expect(status.listens).to.equal(false)
    expect(await status.answer).to.equal(202)
    // It need not ask for them, which would take a start of its own.
    const opened = service.log().filter(({ msg }) => msg === 'socket opened')
    expect(opened.map(({ socket }) => socket)).to.deep.equal(['ingest', 'admin'])
  })

  const terminate = async (pid: number) => void process.kill(pid, 'SIGTERM')
  /** Stopped first, so that all connections are in the kernel's queue: what the service has accepted dies with it. */
  async function kill(pid: number, senders: Senders): Promise<void> {
    await senders.pause()
    process.kill(pid, 'SIGSTOP')
    senders.resume()
    await sleep(50)
    process.kill(pid, 'SIGKILL')
  }

  for (const [form, start] of [
    ['supervise', supervised],
    ['systemd', activated],
  ] as const) {
    it(`${form}: refuses and resets no connection when the service stops`, () => rounds(start, terminate))
    it(`${form}: refuses and resets no connection that waits when the service is killed`, () => rounds(start, kill))
  }
})

/** Report one after the other, each sender on new connections. */
class Senders {
  readonly done: Promise<Map<number | string, number>>
  #paused: PromiseWithResolvers<void> | undefined
  #sending = 0

  constructor(ingest: string, reports: number) {
    const statuses = new Map<number | string, number>()
    let begun = 0
    const send = async () => {
      while (begun < reports) {
        await this.#paused?.promise
        if (begun++ >= reports) return
        this.#sending++
        const status = await post(ingest)
        this.#sending--
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
    this.done = Promise.all(Array.from({ length: SENDERS }, send)).then(() => statuses)
  }

  /** Resolves when nothing is being answered. */
  async pause(): Promise<void> {
    this.#paused = Promise.withResolvers()
    await until('the answers', () => this.#sending === 0, 20_000, 1)
  }

  resume(): void {
    this.#paused?.resolve()
    this.#paused = undefined
  }
}
