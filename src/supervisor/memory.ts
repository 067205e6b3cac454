import { readFileSync } from 'node:fs'

/** Bytes that the container may use, from cgroup v2; undefined without a limit, and with v1, which kills one process alone. */
export function memoryLimit(): number | undefined {
  return numberIn('/sys/fs/cgroup/memory.max', /^(\d+)/)
}

/** Anonymous memory of a process in bytes, which the kernel cannot reclaim without swap. */
export function heldMemory(pid: number): number | undefined {
  const kilobytes = numberIn(`/proc/${pid}/status`, /^RssAnon:\s+(\d+) kB/m)
  return kilobytes === undefined ? undefined : kilobytes * 1_024
}

function numberIn(path: string, pattern: RegExp): number | undefined {
  try {
    const found = pattern.exec(readFileSync(path, 'utf8'))?.[1]
    return found === undefined ? undefined : Number(found)
  } catch {
    return undefined
  }
}
