import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ProxyDeps, Route } from '../../src/proxy/proxy.ts'
import { type ProxyStage, startProxyStage } from '../support/proxy-stage.ts'
import { http, type Listening } from '../support/sockets.ts'

export const MODES = ['none', 'safe', 'idempotent'] as const
type Mode = (typeof MODES)[number]

/** Starts proxies and applications for the tests of a suite, and ends them after each. */
export function useStages() {
  const apps: Listening[] = []
  const stages: ProxyStage[] = []
  afterEach(async () => {
    for (const stage of stages.splice(0)) await stage.stop()
    for (const app of apps.splice(0)) await app.close()
  })

  const stageFor = async (
    retry: Mode,
    route: Partial<Route> & { upstream: string },
    overrides: Partial<ProxyDeps> = {},
  ) => {
    const stage = await startProxyStage({ retry, ...route }, overrides)
    stages.push(stage)
    return stage
  }
  const serve = async (app: Promise<Listening>) => {
    apps.push(await app)
    return `http://127.0.0.1:${apps.at(-1)!.port}`
  }

  /** An application whose first request meets `first`; all others are answered 200. */
  const once = async (first: (request: IncomingMessage, response: ServerResponse) => void) => {
    const requests: { headers: IncomingMessage['headers']; raw: string[]; body: string; at: number }[] = []
    const upstream = await serve(
      http(async (request, response) => {
        const seen = { headers: request.headers, raw: request.rawHeaders, body: '', at: performance.now() }
        requests.push(seen)
        if (requests.length === 1) {
          first(request, response)
          request.on('data', (chunk) => {
            seen.body += chunk
          })
          return
        }
        for await (const chunk of request) seen.body += chunk
        response.end('good')
      }),
    )
    return { upstream, requests }
  }

  return { apps, stageFor, serve, once }
}
