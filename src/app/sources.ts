import { openBearerAuth } from '../http/ingest/auth.ts'
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

/** Opens the configured sources, which reads their credentials for the first time. */
export async function openSources(context: StartContext, telemetry: Telemetry): Promise<StartedSources> {
  const all: { entry: SourceEntry; source: OpenSource }[] = []
  for (const entry of sourceEntries(context.config.sources)) {
    const source = await openSource(entry, context, telemetry)
    context.cleanUps.push(`credentials of ${entry.name}`, () => source.authentication.stop())
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
  { metrics }: Telemetry,
): Promise<OpenSource> {
  return kind.open(config.sources[name]!, {
    bodyLimit: config.ingest.bodyLimit,
    openBearer: (bearer) =>
      openBearerAuth({ source: name, config: bearer, host: config.ingest.host, env, log, metrics }),
  })
}
