import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fetchJson } from './http.mjs'
import { Stop } from './stop.mjs'

/**
 * The event, from a file, stdin, the command line or the service.
 * @returns {Promise<{type: string, task: string, incident: object}>} `task` names this recovery in reports: the same for
 *   each repeat of one event
 */
export async function readEvent({ event, incident: id, service, serviceToken }) {
  if (id) return ofIncident(await fetchIncident({ id, service, serviceToken }))
  const source =
    event === '-'
      ? await text(process.stdin)
      : event.trimStart().startsWith('{')
        ? event
        : await readFile(event, 'utf8')
  const document = JSON.parse(source)
  // A CloudEvent in structured mode holds the hook's body as its data.
  const body = document.specversion ? document.data : document
  if (!body?.type || !body.data) throw new Error('this is no event of a hook: it has no type and data')
  const incident = body.data
  return { type: body.type, task: incident.recovery?.task ?? document.id ?? taskOf(incident), incident }
}

async function fetchIncident({ id, service, serviceToken }) {
  const api = `${service.replace(/\/+$/, '')}/api/v1/incidents`
  const headers = { Accept: 'application/json', ...(serviceToken && { Authorization: `Bearer ${serviceToken}` }) }
  try {
    return await fetchJson(`${api}/${encodeURIComponent(id)}`, { headers })
  } catch (error) {
    const { status } = error
    if (status === 404)
      throw new Stop(`${api} has no incident ${id}: take the id of one that it lists, or the hook's event with --event`)
    if (status >= 400 && status < 500)
      throw new Stop(`${api} answered ${status} for incident ${id}: see --incident and --service-token`)
    throw error
  }
}

function ofIncident(incident) {
  if (incident.state !== 'closed') throw new Error(`incident ${incident.id} is open: its window has no end yet`)
  const { status, task } = incident.recovery ?? {}
  const isRequested = status === 'requested' && task
  // A manual request wants it restored, whatever the service thinks is needed.
  return {
    type: 'webhook.recovery.requested',
    task: isRequested ? task : taskOf(incident),
    incident: { ...incident, recovery: null },
  }
}

const taskOf = ({ id, reopened = 0 }) => `${id}-closed-${reopened + 1}`
