import { readFileSync } from 'node:fs'

/** Most connections of both listeners together: each costs memory before it has sent anything. */
const MAX_CONNECTIONS = 10_000
/** Descriptors for everything else: journal, log, probes, libraries. */
const RESERVED = 100
/** Node's own default where the system has no such limit. */
const UNKNOWN = 1_024

/**
 * How many connections each listener accepts, given the limit of open files: beyond that one neither could a health check
 * be answered nor the journal be opened again.
 */
export function connectionLimits(
  openFiles = openFileLimit(),
  { proxy = false } = {},
): { readonly ingest: number; readonly admin: number; readonly proxy?: number } {
  const all = Math.min(MAX_CONNECTIONS, Math.max(openFiles - RESERVED, Math.floor(openFiles / 2), 2))
  // Whatever arrives at the ingest port, a tenth and at least ten remain for health checks, scrapes and the API.
  const admin = Math.max(Math.floor(all / 10), Math.min(10, Math.ceil(all / 2)))
  if (!proxy) return { ingest: all - admin, admin }
  // Each delivery may take a second connection, to the application.
  const share = Math.max(1, Math.floor((all - admin) / 3))
  return { ingest: Math.max(1, all - admin - 2 * share), admin, proxy: share }
}

/** The process's limit of open files; Infinity for none. */
export function openFileLimit(): number {
  try {
    const soft = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    if (soft) return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {}
  // Not Linux.
  Object.assign(process.report, { excludeNetwork: true })
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | 'unlimited' } } }
  const soft = userLimits?.open_files?.soft ?? UNKNOWN
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : soft
}
