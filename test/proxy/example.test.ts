import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { deliver } from '../support/proxy-stage.ts'
import { startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'

const FOLDER = join(import.meta.dirname, '../../examples/proxy')

describe('examples/proxy', () => {
  afterEach(stopServices)

  it('is an application that fails now and then, and hardly ever behind the proxy', async function () {
    this.timeout(60_000)
    const app = spawn(process.execPath, [join(FOLDER, 'app.mjs')], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      let text = ''
      app.stdout.on('data', (chunk) => {
        text += chunk
      })
      const port = await until('the application', () => /"port":(\d+)/.exec(text)?.[1])
      const { proxy, journal: _, ...config } = parse(readFileSync(join(FOLDER, 'config.yaml'), 'utf8'))
      const routes = proxy.routes.map((route: object) => ({ ...route, upstream: `http://127.0.0.1:${port}` }))
      const service = await startService({ config: { ...config, proxy: { port: 0, routes } } })
      const { port: listening } = service.log().find(({ listener }) => listener === 'proxy') as { port: number }
      const statusesAt = async (port: number | string, name: string) => {
        const statuses: (number | undefined)[] = []
        for (let index = 0; index < 60; index++) {
          const answer = await deliver(`http://127.0.0.1:${port}`, { headers: { 'webhook-id': `${name} ${index}` } })
          statuses.push(answer?.status)
        }
        return statuses.filter((status) => status !== 200).length
      }
      expect(await statusesAt(port, 'direct'), 'failures without the proxy').to.be.above(4)
      expect(await statusesAt(listening, 'proxied'), 'failures with the proxy').to.be.at.most(4)
    } finally {
      app.kill('SIGKILL')
    }
  })
})
