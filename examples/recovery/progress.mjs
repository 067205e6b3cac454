import { appendFileSync, createReadStream, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * What this task has done so far, in a file to which each step is appended: a job that is killed goes on at the page where
 * it was, and skips what it delivered of that page. In memory are only counts, and the keys of the current page.
 * Without a folder (`--dry-run`) nothing is written.
 */
export async function openProgress(folder, task) {
  const file = folder && join(folder, `${task.replace(/[^A-Za-z0-9_-]/g, '_')}.progress`)
  const places = new Map()
  const placeOf = (tenant, resource) => {
    const name = JSON.stringify([tenant, resource])
    if (!places.has(name))
      places.set(name, { tenant, cursor: undefined, isDone: false, keys: new Set(), restored: 0, known: 0 })
    return places.get(name)
  }
  if (file) mkdirSync(folder, { recursive: true })
  if (file && existsSync(file)) {
    for await (const line of createInterface({ input: createReadStream(file) })) apply(line)
    // A line that a crash cut off must not be joined to the next one.
    appendFileSync(file, '\n')
  }

  function apply(line) {
    let step
    try {
      step = JSON.parse(line)
    } catch {
      return
    }
    const place = placeOf(step.tenant, step.resource)
    if (step.key === undefined) {
      place.cursor = step.next ?? undefined
      place.isDone = step.next === null
      place.keys.clear()
    } else if (!place.keys.has(step.key)) {
      place.keys.add(step.key)
      place[step.outcome]++
    }
  }
  const append = (step) => {
    const line = JSON.stringify(step)
    apply(line)
    if (file) appendFileSync(file, `${line}\n`)
  }
  const sum = (name, tenant) =>
    [...places.values()]
      .filter((place) => tenant === undefined || place.tenant === tenant)
      .reduce((total, place) => total + place[name], 0)

  return {
    restored: (tenant) => sum('restored', tenant),
    seen: () => sum('restored') + sum('known'),
    /** The place in one list. */
    of(tenant, resource) {
      const place = placeOf(tenant, resource)
      return {
        cursor: place.cursor,
        isDone: place.isDone,
        has: (key) => place.keys.has(key),
        note: (key, outcome) => append({ tenant, resource, key, outcome }),
        /** A page is done. @param next the cursor of the next one; null: it was the last */
        page: (next) => append({ tenant, resource, next }),
      }
    },
  }
}
