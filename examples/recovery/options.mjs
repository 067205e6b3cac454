import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

/** Where a Knative JobSink puts the event. */
const JOBSINK_EVENT = '/etc/jobsink-event/event'

export const HELP = `Usage: recover-retm.mjs [OPTIONS]

Reads what a platform could not deliver again, and hands it to the application.

The event, one of:
  --event FILE|-|JSON      a CloudEvent as JSON, or the body of a hook (${JOBSINK_EVENT}, else stdin)
  --incident ID            an incident of the service, without an event

Where to read and where to deliver:
  --deliver URL            the application; each object is POSTed there with an Idempotency-Key
  --deliver-token FILE     bearer token for it
  --tokens DIR             one file per tenant, which holds the token for the platform's API (/secrets/tenants)
  --api URL                instead of the platform's own host; {tenant} is replaced
  --business-ids FILE      JSON: {"tenant": "business id"}, where they differ

What:
  --from TIME              where the window begins if that is unknown: 2026-11-24T01:00:00Z, or 6h before the first failure
  --margin DURATION        added at both ends of the window (5m)
  --undocumented           also the resources that the platform's documentation does not name
  --newest-first           the list is sorted, newest first: stop at the first page before the window
  --dry-run                print what would be delivered, as JSON lines; deliver and report nothing

How:
  --service URL            the service's admin listener, for reports (else the link in the event)
  --service-token FILE     recovery.token of the service
  --state DIR              progress is kept here, so that a job that was killed resumes (/state if it exists, else .)
  --rate N                 deliveries per second (10)
  --attempts N             attempts at each request, with back-off (5)

Exit codes: 0 restored, or nothing to do; 1 something could not be restored, try again; 2 try again with other options.
`

const OPTIONS = {
  event: { type: 'string' },
  incident: { type: 'string' },
  deliver: { type: 'string' },
  'deliver-token': { type: 'string' },
  tokens: { type: 'string', default: '/secrets/tenants' },
  api: { type: 'string' },
  'business-ids': { type: 'string' },
  from: { type: 'string' },
  margin: { type: 'string', default: '5m' },
  undocumented: { type: 'boolean', default: false },
  'newest-first': { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  service: { type: 'string' },
  'service-token': { type: 'string' },
  state: { type: 'string', default: existsSync('/state') ? '/state' : '.' },
  rate: { type: 'string', default: '10' },
  attempts: { type: 'string', default: '5' },
  help: { type: 'boolean', default: false },
}

/** The options, each also from an environment variable: RECOVERY_DELIVER for --deliver. */
export function parseOptions(args, env) {
  const { values } = parseArgs({ args, options: OPTIONS })
  const given = parseArgs({
    args,
    options: Object.fromEntries(Object.entries(OPTIONS).map(([name, { type }]) => [name, { type }])),
  })
  for (const [name, { type }] of Object.entries(OPTIONS)) {
    const text = env[`RECOVERY_${name.toUpperCase().replaceAll('-', '_')}`]
    if (text !== undefined && given.values[name] === undefined)
      values[name] = type === 'boolean' ? text === 'true' : text
  }
  const { 'deliver-token': deliverToken, 'service-token': serviceToken, 'business-ids': businessIds, ...rest } = values
  const options = {
    ...rest,
    deliverToken: secretOf(deliverToken),
    serviceToken: secretOf(serviceToken),
    businessIds: businessIds ? JSON.parse(readFileSync(businessIds, 'utf8')) : {},
    newestFirst: values['newest-first'],
    dryRun: values['dry-run'],
    rate: Number(values.rate),
    attempts: Number(values.attempts),
    event: values.event ?? (existsSync(JOBSINK_EVENT) ? JOBSINK_EVENT : '-'),
  }
  if (options.help) return options
  if (!options.deliver && !options.dryRun) fail('--deliver URL is missing; --dry-run shows what would be delivered')
  if (!(options.rate > 0) || !(options.attempts >= 1)) fail('--rate and --attempts take a number above 0')
  if (options.incident && !options.service) fail('--incident needs --service URL')
  return options
}

const secretOf = (file) => (file ? readFileSync(file, 'utf8').trim() : undefined)

function fail(message) {
  process.stderr.write(`recovery: ${message}\n`)
  process.exit(2)
}
