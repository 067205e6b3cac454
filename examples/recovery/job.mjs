// The frame of a recovery job: what is the same for every platform. A job gives it its pages, ids and times.
import { deliverer } from './deliver.mjs'
import { readEvent } from './event.mjs'
import { fetchJson } from './http.mjs'
import { HELP, parseOptions } from './options.mjs'
import { openProgress } from './progress.mjs'
import { reporter } from './report.mjs'
import { createScreen } from './screen.mjs'
import { Stop } from './stop.mjs'
import { readToken, tenantsOf } from './tenants.mjs'
import { isWithin, windowOf } from './window.mjs'

/** The events that lead to a recovery. */
const STARTS = ['webhook.incident.closed', 'webhook.recovery.requested', 'webhook.recovery.overdue']

/**
 * Runs a job from its command line to its exit code.
 *
 * @param {object} platform
 * @param {string} platform.name first part of every idempotency key
 * @param platform.pages async generator of `{items, next}`: one page, and the cursor of the page after it (null: the last)
 * @param platform.idOf an object's stable id @param platform.timeOf when it happened: RFC 3339, or Unix time
 * @param platform.toDelivery the body that the application would have received
 */
export async function runJob(platform) {
  const options = parseOptions(process.argv.slice(2), process.env)
  if (options.help) {
    process.stdout.write(HELP)
    return
  }
  try {
    process.exitCode = await run(platform, options)
  } catch (error) {
    process.stderr.write(`recovery: ${error.message}\n`)
    process.exitCode = error.code === 2 ? 2 : 1
  }
}

async function run(platform, options) {
  const screen = createScreen(process.stderr)
  const event = await readEvent(options)
  if (!STARTS.includes(event.type)) {
    screen.line(`${event.type}: nothing to restore`)
    return 0
  }
  const { incident, task } = event
  if (incident.recovery?.status === 'not_needed') {
    screen.line(`incident ${incident.id}: no delivery was lost`)
    return 0
  }
  const report = reporter({ incident, task, options, screen })
  let window
  try {
    window = windowOf(incident, options)
  } catch (error) {
    await report.end({ status: 'failed', restored: 0, detail: error.message })
    throw error
  }
  const tenants = await tenantsOf(incident, options)
  const progress = await openProgress(options.dryRun ? undefined : options.state, task)
  const context = { platform, options, window, progress, screen, report, incident }
  screen.line(`incident ${incident.id} of ${incident.endpoint}: ${window.text}, ${tenants.length} tenants`)
  await report.running(progress.restored())

  const results = []
  for (const tenant of tenants) results.push(await restoreTenant(tenant, context))
  const failed = results.filter(({ status }) => status === 'failed')
  const restored = progress.restored()
  const detail =
    failed.length === 0
      ? `restored ${restored} of ${progress.seen()} objects in the window; the application had the others`
      : `not restored: ${failed.map(({ tenant, detail: why }) => `${tenant} (${why})`).join(', ')}`
  await report.end({ status: failed.length === 0 ? 'finished' : 'failed', restored, detail, tenants: results })
  screen.line(detail)
  return failed.length === 0 ? 0 : 1
}

/** One tenant that fails does not keep the others from being restored. */
async function restoreTenant(tenant, context) {
  const { progress, screen, incident, options } = context
  try {
    const token = await readToken(options.tokens, tenant)
    for (const request of requestsOf(incident, options)) await restoreResource({ tenant, token, request }, context)
    return { tenant, status: 'finished', restored: progress.restored(tenant) }
  } catch (error) {
    if (error instanceof Stop) throw error
    screen.line(`${tenant}: ${error.message}`)
    return { tenant, status: 'failed', restored: progress.restored(tenant), detail: error.message.slice(0, 200) }
  }
}

/** Without `--undocumented` only what the platform's documentation names. */
function requestsOf({ recoveryRequests = [] }, { undocumented }) {
  const requests = recoveryRequests.filter(({ documented }) => documented || undocumented)
  if (requests.length === 0) throw new Stop('the event names no request to repeat; see --undocumented')
  return requests
}

async function restoreResource({ tenant, token, request }, { platform, options, window, progress, screen, report }) {
  const place = progress.of(tenant, request.resource)
  if (place.isDone) return
  const deliver = deliverer(options)
  const pages = platform.pages({ request, tenant, token, options, cursor: place.cursor, fetchJson })
  for await (const { items, next } of pages) {
    let isOlder = items.length > 0
    for (const item of items) {
      const time = platform.timeOf(item)
      isOlder &&= window.isBefore(time)
      if (!isWithin(window, time)) continue
      const key = [platform.name, tenant, request.resource, platform.idOf(item)].join(':')
      if (place.has(key)) continue
      const body = platform.toDelivery(item, { tenant, request })
      place.note(key, await deliver(key, body))
      screen.status(`${tenant} ${request.resource}: ${progress.restored()} restored, ${progress.seen()} seen`)
      await report.soon(progress.restored())
    }
    const isLast = next === null || (options.newestFirst && isOlder)
    place.page(isLast ? null : next)
    if (isLast) return
  }
  place.page(null)
}
