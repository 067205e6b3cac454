import { delimiter } from 'node:path'
import { expect } from 'chai'
import { JOB, NAMESPACE } from '../rules/series.ts'
import { report } from '../support/http.ts'
import { freePort, until } from '../support/temp.ts'
import type { Message } from './inbox.ts'
import { blocksUnder, linksOf, openDashboard, openDoc, paste, type Ran } from './person.ts'
import { MERCHANT_TOKEN, type Stage } from './stage.ts'

export const API_TOKEN = 'admin-token-of-the-walk-0123456789'

/** Whether a block of commands of a runbook probes the endpoint. */
export const isProbe = (block: string) => block.includes('probe "$ENDPOINT"')
export const probeOf = (ran: Map<string, Ran>) => [...ran].find(([block]) => isProbe(block))!

/** Someone who has never seen the product, on a stage. @param tools folders of the programs that commands use, as in PATH */
export function newcomer(stage: Stage, tools: string) {
  /** What a person's shell knows. */
  const shell = (more: Record<string, string> = {}) => ({ PATH: `${stage.path}${delimiter}${tools}`, ...more })
  const incident = async (endpoint: string) => {
    const query = new URLSearchParams({ limit: '1', endpoint })
    const response = await fetch(`${stage.service.admin}/api/v1/incidents?${query}`, {
      headers: { Authorization: `Bearer ${API_TOKEN}` },
    })
    return ((await response.json()) as { incidents: Record<string, unknown>[] }).incidents[0]!
  }
  /** Reports a failure; with `looked` Prometheus hears of it when the endpoint has been looked at, as it mostly is in life. */
  async function fail(endpoint: string, body: object, { looked }: { looked: boolean }): Promise<void> {
    if (looked) stage.gate.shut()
    const answer = await report(stage.service.ingest, body, { Authorization: `Bearer ${MERCHANT_TOKEN}` })
    expect(answer.status).to.equal(202)
    if (looked) await until('the verdict', async () => (await incident(endpoint))['verdict'])
    stage.gate.open()
  }
  /** Reports it each second, so that nothing ends the incident while it is read. @returns ends that */
  function goOnFailing(body: object): { close(): Promise<void> } {
    const headers = { Authorization: `Bearer ${MERCHANT_TOKEN}` }
    const timer = setInterval(() => report(stage.service.ingest, body, headers).catch(() => {}), 1_000)
    return {
      async close() {
        clearInterval(timer)
      },
    }
  }
  const told = (by: Message['by'], endpoint: string, word: string) =>
    until(`a message of ${endpoint}`, () =>
      stage.inbox.messages.find((it) => it.by === by && it.title.includes(endpoint) && it.text.includes(word)),
    )

  /** Every link of a firing chat message resolves. @returns the page of the cause that it leads to */
  async function followLinks(message: Message, endpoint: string): Promise<string> {
    const links = linksOf(message.text)
    expect(openDoc(links.get('Runbook')!)).to.include('# WebhookEndpointFailing')
    const section = openDoc(links.get('Cause')!)
    // On a busy machine a scrape comes late or fails, and nothing is shown until the next one: who reads it reloads.
    const dashboard = await until('a cause and a state on the dashboard', async () => {
      const read = await openDashboard(links.get('Dashboard')!, stage.prometheus)
      return ['Cause', 'State'].every((title) => (read.shown.get(title) ?? []).length > 0) && read
    })
    expect(dashboard.failed).to.deep.equal([])
    const { openedAt, cause } = await incident(endpoint)
    expect(dashboard.range.from * 1_000, 'the range begins before the incident').to.be.below(
      Date.parse(String(openedAt)),
    )
    expect(dashboard.shown.get('Cause')?.map(({ name }) => name)).to.deep.equal([cause])
    expect(dashboard.shown.get('State')?.[0]?.value, 'failing now').to.equal(1)
    const api = links.get('Incident')
    if (api) {
      const page = await fetch(api, { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
      expect(page.status).to.equal(200)
      expect(page.headers.get('content-type')).to.include('text/html')
      const html = await page.text()
      for (const [, link] of html.matchAll(/<a href="([^"]+)"/g)) {
        const { status } = await fetch(link!.replaceAll('&#38;', '&'))
        expect(status, link).to.equal(200)
      }
    }
    return section
  }

  /** Pastes every block under the two headings of the runbook, as they are; the last one closes by hand and is for elsewhere. */
  async function followRunbook(
    endpoint: string,
    env: Record<string, string>,
    only: (block: string) => boolean = () => true,
  ): Promise<Map<string, Ran>> {
    const text = openDoc(linksOf((await told('slack', endpoint, 'CRITICAL')).text).get('Runbook')!)
    // This one runs in Kubernetes.
    const isOtherForm = (block: string) => block.startsWith('exporter()') && !block.includes('kubectl')
    const [labels, exporter, reach, api] = blocksUnder(text, 'Set-up').filter((block) => !isOtherForm(block))
    const settings = `${labels}\n${exporter}\n${reach}`
    const diagnosis = blocksUnder(text, 'Diagnosis')
    const mitigation = blocksUnder(text, 'Mitigation').slice(0, 1)
    const port = await freePort()
    const values: Record<string, string> = { NAMESPACE, JOB, ENDPOINT: endpoint }
    const set = settings
      .replaceAll(/\b(NAMESPACE|JOB|ENDPOINT)=\S+/g, (_, name: string) => `${name}=${values[name]}`)
      .replaceAll('9464', `${port}:9464`)
      .replace(`127.0.0.1:${port}:9464`, `127.0.0.1:${port}`)
    const begin = stage.external ? set.replace(/^API=.*$/m, `API=${stage.external}`) : `${set}\ntrap 'kill $!' EXIT`
    const ran = new Map<string, Ran>()
    for (const block of [...diagnosis, ...mitigation].filter(only))
      ran.set(block, await paste(`${begin}\n${api}\nset -o pipefail\n${block}`, env))
    return ran
  }

  return { shell, incident, fail, goOnFailing, told, followLinks, followRunbook }
}
