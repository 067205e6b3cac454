import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { memoryCgroup } from '../src/supervisor/memory.ts'
import { scrape, sum } from './support/http.ts'
import { startService, stopServices } from './support/service.ts'
import { tempFolder, until } from './support/temp.ts'

describe('the supervisor of the sidecar form and the memory of its container', function () {
  this.timeout(120_000)
  afterEach(stopServices)

  it('says that the kernel killed the service for memory, and how much it needs', async function () {
    const group = memoryGroup(64)
    if (!group) this.skip()
    const folder = tempFolder()
    // A service that just fits is not killed: it crawls, since the kernel drops the pages of its program again and again.
    const greedy = join(folder, 'greedy.mjs')
    writeFileSync(greedy, "if (process.argv[2] === 'serve') globalThis.kept = Buffer.alloc(100 * 2 ** 20, 1)")
    const service = await startService({
      args: ['supervise'],
      nodeArgs: ['--import', greedy],
      env: { SUPERVISOR_PORT: '0' },
      shell: `echo $$ > ${group}/cgroup.procs`,
      wait: false,
    })
    const lines = (message: string) => service.log().filter(({ msg }) => msg === message)
    const killed =
      'service was killed for memory: the limit is 64 MiB, it needs at least 128 MiB; raise resources.limits.memory'
    await until('it to be killed', () => lines(killed).length > 0, 60_000)
    // As when somebody follows that advice.
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(512 * 2 ** 20))
    const { port } = await until('the service', () => {
      const listening = lines('listening')
      return (
        listening.some(({ listener }) => listener === 'ingest') &&
        listening.find(({ listener }) => listener === 'admin')
      )
    })
    const metrics = await scrape(`http://127.0.0.1:${port}`)
    expect(sum(metrics, 'webhook_exporter_oom_kills_total')).to.equal(lines(killed).length)
    await service.stop()
    await until('the group to be empty', () => readFileSync(join(group, 'cgroup.procs'), 'utf8') === '')
    rmdirSync(group)
  })

  it('reads limit and kills from both versions of cgroups', () => {
    const mount = tempFolder()
    const self = join(mount, 'self')
    const write = (file: string, text: string) => {
      mkdirSync(dirname(join(mount, file)), { recursive: true })
      writeFileSync(join(mount, file), text)
    }
    const read = (groups: string) => {
      writeFileSync(self, groups)
      return memoryCgroup({ mount, self })
    }
    expect(read('0::/\n')).to.deep.equal({ limit: undefined, kills: undefined, version: 1 })
    write('memory/memory.limit_in_bytes', '67108864\n')
    write('memory/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n')
    // As in a container: the path is that on the node.
    expect(read('4:memory:/docker/abc\n0::/\n')).to.deep.equal({ limit: 67_108_864, kills: 3, version: 1 })
    write('memory.max', 'max\n')
    write('memory.events', 'low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n')
    expect(read('0::/\n')).to.deep.equal({ limit: undefined, kills: 1, version: 2 })
    write('pod/memory.max', '134217728\n')
    write('pod/memory.events', 'oom_kill 0\n')
    expect(read('0::/pod\n')).to.deep.equal({ limit: 134_217_728, kills: 0, version: 2 })
  })
})

/** A memory cgroup (version 1) below that of this process; undefined where this user may not make one. @param limit MiB */
function memoryGroup(limit: number): string | undefined {
  try {
    const path = /^\d+:memory:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))![1]
    const group = mkdtempSync(join('/sys/fs/cgroup/memory', path!, 'webhook-errors-'))
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(limit * 2 ** 20))
    return group
  } catch {
    return undefined
  }
}
