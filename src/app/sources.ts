import type { Clock } from '../domain/ports/clock.ts'
import type { OutboundClient } from '../domain/ports/outbound-client.ts'
import { openAuth } from '../http/ingest/auth/open-auth.ts'
import { type AuthConfig, hasAuth } from '../sources/auth/config.ts'
import { type SourceEntry, sourceEntries } from '../sources/index.ts'
import type { OpenSource } from '../sources/source.ts'
import type { StartContext } from './context.ts'
import type { Telemetry } from './telemetry.ts'

export interface StartedSources {
  readonly all: readonly { readonly entry: SourceEntry; readonly source: OpenSource }[]
  /** Whether each can accept reports, in words. */
  status(): { readonly ok: boolean; readonly detail: string }
  /** Reads their credentials again now. */
  reload(): Promise<unknown>
}

export interface SourcesDeps {
  readonly telemetry: Telemetry
  /** For what some credentials need from outside. */
  readonly client: OutboundClient
  readonly clock: Clock
}

/** Opens the configured sources, which reads their credentials for the first time. */
export async function openSources(context: StartContext, deps: SourcesDeps): Promise<StartedSources> {
  const all: { entry: SourceEntry; source: OpenSource }[] = []
  for (const entry of sourceEntries(context.config.sources)) {
    const source = await openSource(entry, context, deps)
    context.cleanUps.push(`credentials of ${entry.name}`, () => source.authentication.stop())
    if (source.reportsDeliveries) deps.telemetry.metrics.reportsDeliveries(entry.name)
    all.push({ entry, source })
  }
  return {
    all,
    status() {
      const each = all.map(({ entry, source }) => ({ name: entry.name, ...source.authentication.status() }))
      const [only, ...others] = each
      if (only && others.length === 0) return { ok: only.ok, detail: only.detail }
      return {
        ok: each.every(({ ok }) => ok),
        detail: each.map(({ name, detail }) => `${name}: ${detail}`).join('; '),
      }
    },
    reload: () => Promise.all(all.map(({ source }) => source.authentication.reload())),
  }
}

async function openSource(
  { name, kind }: SourceEntry,
  { config, env, log }: StartContext,
  { telemetry, client, clock }: SourcesDeps,
): Promise<OpenSource> {
  const section: object & Partial<AuthConfig> = config.sources[name]!
  const { bodyLimit, host } = config.ingest
  return kind.open(section, {
    bodyLimit: section.bodyLimit ?? Math.max(kind.bodyLimit ?? 0, bodyLimit),
    openAuth: () => {
      if (!hasAuth(section)) throw new TypeError(`the kind ${kind.kind} has no auth`)
      return openAuth({ source: name, config: section, host, env, log, metrics: telemetry.metrics, client, clock })
    },
  })
}
