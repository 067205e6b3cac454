import { expect } from 'chai'
import { answer, report } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'

const TOKEN = 'api-token-of-the-test-0123456789'

export type IncidentApi = ReturnType<typeof useIncidentApi>

/** One service with a token for all tests of a suite, and requests to its API. */
export function useIncidentApi() {
  let started: Service
  const service = {
    get ingest() {
      return started.ingest
    },
    get admin() {
      return started.admin
    },
  }
  const auth = { Authorization: `Bearer ${TOKEN}` }
  const get = (path: string) => answer(fetch(`${service.admin}/api/v1/${path}`, { headers: auth }))
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    answer(
      fetch(`${service.admin}/api/v1/${path}`, {
        method: 'POST',
        body,
        headers: { ...auth, 'Content-Type': 'application/json', ...headers },
      }),
    )
  const refused = async (
    response: Promise<{ status: number; body: { code?: string } }>,
    status: number,
    code: string,
  ) => {
    const it = await response
    expect([it.status, it.body.code]).to.deep.equal([status, code])
  }
  const fail = async (endpoint: string, code = 503) =>
    (await answer(report(service.ingest, { code, endpoint, message: '' }))).body.id

  before(async () => {
    started = await startService({
      config: {
        admin: { apiToken: { env: 'API_TOKEN' } },
        endpoints: [
          {
            name: 'a/b c',
            event: 'order.created',
            team: 'orders',
            severity: 'warning',
            urls: ['https://named.example/*'],
          },
          { name: 'quiet', urls: ['https://quiet.example/*'] },
        ],
      },
      env: { API_TOKEN: TOKEN },
    })
  })
  after(stopServices)

  return { service, auth, get, post, refused, fail }
}
