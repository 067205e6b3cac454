import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RUNBOOK_BASE } from '../../grafana/rules/annotations.ts'
import { askAll, findings } from '../preview/audit.ts'
import { DASHBOARD_FILES, readDashboard } from '../preview/grafana-model.ts'
import type { Prometheus } from '../support/prometheus.ts'
import { GRAFANA } from './stage.ts'

const DOCS = join(import.meta.dirname, '../../docs')
const DOCS_BASE = RUNBOOK_BASE.replace(/runbooks$/, '')

/** What a person on call does with a text: clicks its links, pastes its commands. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Pastes into a shell. */
export async function paste(command: string, env: Record<string, string | undefined>): Promise<Ran> {
  const child = spawn('bash', ['-c', command], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      output[name] += chunk
    })
  // Of the shell, not of what it left running.
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve))
  await new Promise((resolve) => setTimeout(resolve, 50))
  return { code, ...output }
}

/** Links of a message by their name; Slack writes `<URL|NAME>`, a mail `NAME: URL`. */
export function linksOf(text: string): Map<string, string> {
  const chat = [...text.matchAll(/<(https?:[^|>]+)\|([^>]+)>/g)].map(([, url, name]) => [name!, url!] as const)
  const mail = [...text.matchAll(/^(\w+): (https?:\S+)$/gm)].map(([, name, url]) => [name!, url!] as const)
  return new Map([...chat, ...mail])
}

/** Commands of a text: what is between backquotes. */
export const commandsOf = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, command]) => command!)

/** The page of docs that a link leads to, in the checkout of this version. @throws where there is no such page */
export function openDoc(url: string): string {
  const path = url.replace(/\/blob\/v\d[^/]*\//, '/blob/main/')
  if (!path.startsWith(DOCS_BASE)) throw new Error(`no page of the docs: ${url}`)
  const file = join(DOCS, path.slice(DOCS_BASE.length))
  if (!existsSync(file)) throw new Error(`there is no ${file}`)
  return readFileSync(file, 'utf8')
}

/** Blocks of shell under a heading, in their order. */
export function blocksUnder(page: string, heading: string): string[] {
  const part = page.split(/^## /m).find((it) => it.startsWith(`${heading}\n`)) ?? ''
  return [...part.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!.replaceAll(/^ {3}/gm, '').trim())
}

/** The dashboard that a link leads to, asked as Grafana would with the link's variables and range. @throws where it leads nowhere */
export async function openDashboard(link: string, prometheus: Prometheus) {
  const url = new URL(link)
  if (url.origin !== GRAFANA) throw new Error(`no Grafana: ${link}`)
  const uid = /^\/d\/([\w-]+)$/.exec(url.pathname)?.[1]
  const dashboard = DASHBOARD_FILES.map(readDashboard).find((it) => it.uid === uid)
  if (!dashboard) throw new Error(`no dashboard has the uid of ${link}`)
  const known = dashboard.templating.list.map(({ name }) => name)
  const chosen: Record<string, string> = {}
  for (const [name, value] of url.searchParams) {
    if (name === 'from' || name === 'to') continue
    if (!name.startsWith('var-') || !known.includes(name.slice(4))) throw new Error(`${uid} has no ${name}`)
    chosen[name.slice(4)] = value
  }
  const range = { from: Number(url.searchParams.get('from')) / 1_000, to: Date.now() / 1_000 }
  const asked = await askAll(dashboard, { prometheus, range, scrapeInterval: 1, chosen })
  const shown = new Map(
    asked.panels.map(({ panel, answers }) => [
      panel.title ?? '',
      answers.flatMap(({ series }) => series.map(({ name, values }) => ({ name, value: values.at(-1)?.[1] ?? null }))),
    ]),
  )
  return { title: dashboard.title, range, failed: findings(asked).failed, shown }
}
