import { readFileSync } from 'node:fs'

/** What the container's memory cgroup says; undefined where there is none, or no limit. */
export interface MemoryCgroup {
  /** Bytes that the container may use. */
  readonly limit: number | undefined
  /** Processes that the kernel has killed because that was used up. */
  readonly kills: number | undefined
  /** Version 1 kills one process alone, so the supervisor need not act before. */
  readonly version: 1 | 2
}

/**
 * Reads the cgroup of this process, version 2 or 1.
 * @param roots the mounted hierarchies and the list of this process's cgroups, for tests
 */
export function memoryCgroup({ mount = '/sys/fs/cgroup', self = '/proc/self/cgroup' } = {}): MemoryCgroup {
  const groups = read(self) ?? ''
  const v2 = first([`${mount}${/^0::(.*)$/m.exec(groups)?.[1] ?? ''}`, mount], (folder) => ({
    limit: numberIn(`${folder}/memory.max`, /^(\d+)/),
    kills: numberIn(`${folder}/memory.events`, /^oom_kill (\d+)/m),
  }))
  if (v2) return { ...v2, version: 2 }
  const path = /^\d+:(?:\S+,)?memory(?:,\S+)?:(.*)$/m.exec(groups)?.[1] ?? ''
  // In a container the path may be that on the node, and the mounted folder its own.
  const v1 = first([`${mount}/memory${path}`, `${mount}/memory`], (folder) => ({
    limit: numberIn(`${folder}/memory.limit_in_bytes`, /^(\d+)/),
    kills: numberIn(`${folder}/memory.oom_control`, /^oom_kill (\d+)/m),
  }))
  return { limit: v1?.limit, kills: v1?.kills, version: 1 }
}

/** Anonymous memory of a process in bytes, which the kernel cannot reclaim without swap. */
export function heldMemory(pid: number): number | undefined {
  const kilobytes = numberIn(`/proc/${pid}/status`, /^RssAnon:\s+(\d+) kB/m)
  return kilobytes === undefined ? undefined : kilobytes * 1_024
}

type Read = Pick<MemoryCgroup, 'limit' | 'kills'>

const first = (folders: readonly string[], readFrom: (folder: string) => Read): Read | undefined =>
  folders.map(readFrom).find(({ limit, kills }) => limit !== undefined || kills !== undefined)

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function numberIn(path: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(read(path) ?? '')?.[1]
  return found === undefined ? undefined : Number(found)
}
