import { generate } from '../../grafana/generated-files.ts'
import { CAUSES, type Cause } from '../../src/domain/cause/cause.ts'
import { REMEDIES } from '../../src/domain/remedies/catalogue.ts'
import { REMEDY_IDS } from '../../src/domain/remedies/remedy.ts'
import type { ProbeResult } from '../../src/domain/verdict/probe.ts'
import { ALL_RULES, judge } from '../../src/domain/verdict/verdict.ts'
import { REPORTED, UP_HINTS } from '../../src/domain/verdict/verdict-words.ts'
import { FAMILIES, recoveryRequests } from '../../src/sources/retm/recovery.ts'
import { FailureNotice } from '../../src/sources/standard-webhooks/notice.ts'

/** Pages that are made from the program's own tables, by path. `node test/support/docs.ts` writes them. */
export function pages(): Readonly<Record<string, string>> {
  return {
    'docs/verdicts.md': verdicts(),
    'docs/remedies.md': remedies(),
    'docs/failure-notice.schema.json': failureNotice(),
  }
}

function failureNotice(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Webhook failure notice',
    ...FailureNotice,
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}

const MADE = '<!-- Generated from the source code by `node test/support/docs.ts`; do not edit. -->'
const cell = (text: string) => text.replaceAll('|', '\\|')
const row = (...cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n')

function verdicts(): string {
  return `${MADE}
# Verdicts: report and probe read together

A verdict has its own cause; the failure keeps the cause assigned on receipt. The first matching rule decides. A request passes
these stages in order: DNS, connection, TLS, HTTP, application. If report and probe name different stages, the earlier one is
what blocks deliveries. A probe is not a delivery: it sends HEAD, GET or OPTIONS, no body and no signature. So it decides only where it fails
at the name, the connection or TLS, earlier than the report, or agrees with it.

## Rules

${table(
  ['rule', 'applies if', 'cause taken from', 'sentence'],
  ALL_RULES.map(({ id, when, decides, sentence }) => [`\`${id}\``, when, decides, sentence]),
)}

{platform} is what the platform saw; {platformCode} adds its code and message. If the report has a message and the sentence starts
with neither, the message is put first. {probe}, {outside} and {inside} are what a probe found (the last two from the public and
the internal vantage point); {probed} is the same, or that there was none. {hint} is in the table below. The first two rules apply
while a source has disabled the endpoint, the next two to a receiver that may itself be cut off.

## When a probe counts

Any answer shows that this receiver can see, at public and private addresses alike: a refused or reset connection, a TLS alert, a
byte of HTTP. A resolver that knows no such name has answered, too. A probe that reaches nothing counts against its endpoint if

- another endpoint, the canary or \`outbound.reference\` answered recently: within three intervals of its probes, at least three minutes; or
- nothing shows that this receiver is cut off, and the endpoint itself had answered within three intervals before it fell
  silent. After a restart, the journal's last good or failed probe counts.

What shows that this receiver is cut off: it has no route, no resolver answers, or more than one independent host (address) has
fallen silent since anything last answered. Then, and where nothing is known, the verdict is “not verified”. With a single
endpoint, set \`outbound.reference\` to a URL that is known to be up: it tells a receiver that is cut off from an endpoint that is down.

## What proves a recovery

A probe counts as proof only if its answer contradicts every report of the incident:

| the report | what contradicts it |
| --- | --- |
| a failure below HTTP: \`dns\`, \`connection_refused\`, \`connection_reset\`, \`unreachable\`, \`timeout\`, \`tls\`, \`protocol\` | any good answer |
| 5xx; without a status \`server_error\`, \`unavailable\` | a good answer below 500, of another cause |
| 3xx or 4xx; without a status any other cause | 2xx |
| 2xx whose content the platform rejected | no probe |

Otherwise the recovery is proven by deliveries ([signals.md](signals.md)), or the incident closes without proof after
\`incidents.quietTime\`, and says so. While probes fail and this receiver can see, it stays open.

## Confidence

It is \`agree\` if both agree or one explains the other, \`differ\` if they contradict each other, \`only_report\` if no
probe is conclusive, and \`only_probe\` if no report names a reason.

## What the platform saw, and what to check if the probe succeeds

${table(
  ['cause of the report', 'the platform saw', 'hint'],
  CAUSES.map((cause) => [`\`${cause}\``, REPORTED[cause], UP_HINTS[cause]]),
)}

## Every pair

Rows are the report’s cause, columns the public probe’s cause. Each cell shows the verdict’s cause and its rule.

${table(
  ['', 'no probe', 'good', ...CAUSES],
  [null, ...CAUSES].map((report) => [
    report === null ? 'no report' : `\`${report}\``,
    ...[undefined, 'good' as const, ...CAUSES].map((probe) => pair(report, probe)),
  ]),
)}
`
}

function pair(report: Cause | null, probe: Cause | 'good' | undefined): string {
  if (report === null && probe === undefined) return ''
  const result: ProbeResult = {
    endpoint: 'orders',
    vantage: 'public',
    url: 'https://shop.example/hooks',
    startedAt: 0,
    phases: {},
    detail: '',
    // Without a status `blocked` would be our own outbound guard.
    status: 403,
    ...(probe === 'good' || probe === undefined ? { up: true } : { up: false, cause: probe, phase: 'http' as const }),
  }
  const { cause, rule } = judge({
    at: 0,
    endpoint: 'orders',
    url: result.url,
    report: report && { at: 0, code: 0, cause: report },
    ...(probe !== undefined && { public: result }),
  })
  return `${cause} (${rule})`
}

function remedies(): string {
  return `${MADE}
# Remedies, by cause

What to check, what to fix, and how to verify it. Alerts link to these pages; the API and the incident's page fill in what stands
in braces here.

${table(
  ['remedy', 'what it means'],
  REMEDY_IDS.map((id) => [`[${id}](remedies/${id}.md)`, REMEDIES[id].meaning]),
)}

Five refine a cause, or take its place:

- \`disabled\`: the platform has disabled the endpoint; it takes the place of any cause that no probe finds.
- \`connection_refused_seen\`: the report or the probe shows that the host refused the connection.
- \`tls_expired\`: the probe received an expired certificate.
- \`timeout_connect\`: the probe got no answer at all.
- \`timeout_up\`: the probe got an answer, the platform did not.

## Recovering lost data from RETM

An incident’s loss window extends from the last confirmed good moment before it to the recovery. The platform reports a failure
only after several attempts, so start a little before the window. Requesting too much is harmless: records that you already
have are recognized by their reference.

${table(
  ['resource', 'events', 'request', 'path documented by RETM'],
  FAMILIES.map(({ resource, events, documented }) => {
    const [request] = recoveryRequests({
      event: events[0]!,
      loss: { from: null, until: null },
      firstFailureAt: null,
    }).filter((each) => each.resource === resource)
    return [
      resource,
      events.map((event) => `${event}…`).join(', '),
      `\`GET ${request!.url}\``,
      documented ? 'yes' : 'no, check before use',
    ]
  }),
)}

Each request needs \`Authorization: Bearer $RETM_TOKEN\`. Loyalty calls need a synchronous answer, so there is nothing to
recover for them. If an endpoint’s \`event\` is not configured, all resources are listed.
`
}

if (import.meta.main) generate(new Map(Object.entries(pages())), [])
