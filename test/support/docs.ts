import { generate } from '../../grafana/generated-files.ts'
import { BLIND_RULES } from '../../src/domain/blind-rules.ts'
import { CAUSES, type Cause } from '../../src/domain/cause.ts'
import type { ProbeResult } from '../../src/domain/probe.ts'
import { REMEDIES } from '../../src/domain/remedies/catalogue.ts'
import { REMEDY_IDS } from '../../src/domain/remedies/remedy.ts'
import { judge } from '../../src/domain/verdict.ts'
import { RULES } from '../../src/domain/verdict-rules.ts'
import { REPORTED, UP_HINTS } from '../../src/domain/verdict-words.ts'
import { FAMILIES, recoveryRequests } from '../../src/sources/retm/recovery.ts'

/** Pages that are made from the program's own tables, by path. `node test/support/docs.ts` writes them. */
export function pages(): Readonly<Record<string, string>> {
  return { 'docs/verdicts.md': verdicts(), 'docs/remedies.md': remedies() }
}

const MADE = '<!-- Made from the program’s own tables by `node test/support/docs.ts`; change those, not this page. -->'
const cell = (text: string) => text.replaceAll('|', '\\|')
const row = (...cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n')

function verdicts(): string {
  return `${MADE}
# Verdicts: report and probe read together

A verdict has a cause of its own; the failure keeps the one with which it was received. The first rule that fits decides.
A request meets obstacles in this order: name, connection, TLS, HTTP, application. Where report and probe name different
obstacles, the earlier one stands in the way.

## Rules

${table(
  ['rule', 'pair class', 'cause taken from', 'sentence'],
  [...BLIND_RULES, ...RULES].map(({ id, when, decides, sentence }) => [`\`${id}\``, when, decides, sentence]),
)}

In the sentences {platform} and {platformCode} are what the platform saw, with its code and its own words; where a sentence begins with
neither and the report has words, they are put before it. {probe}, {outside} and {inside} are what a probe saw (the last two
from the public and the internal vantage point), and {hint} stands below. The first two rules are for a receiver that may itself
be cut off: a probe that fails at resolve or connect counts against the endpoint only if something else answered recently.

Confidence is \`agree\` where both say the same or one explains the other, \`differ\` where they do not, \`only_report\` where no
probe can speak of it, \`only_probe\` where no report names a reason.

## What the platform saw, and where to look when a probe is good

${table(
  ['cause of the report', 'the platform saw', 'hint'],
  CAUSES.map((cause) => [`\`${cause}\``, REPORTED[cause], UP_HINTS[cause]]),
)}

## Every pair

Rows are the report’s cause, columns the public probe’s. Each cell is the verdict’s cause and the rule.

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
  const chapters = REMEDY_IDS.map((id) => {
    const { meaning, checks, fixes, verify } = REMEDIES[id]
    return `## ${id}

${meaning}

Check, in this order:

${checks.map((check, index) => `${index + 1}. ${check}`).join('\n')}

Fix:

${fixes.map((fix) => `- ${fix}`).join('\n')}

Verify: ${verify}`
  })
  return `${MADE}
# Remedies, by cause

The API fills in the concrete endpoint, host, port, code and expiry where a name stands in braces. \`connection_refused_seen\`,
\`tls_expired\`, \`timeout_connect\` and \`timeout_up\` say more than their cause: the probe or the report names a
refusal by the host, the probe saw an expired certificate, was not answered at all, or
was answered where the platform was not.

${chapters.join('\n\n')}

## Reading the lost window again from RETM

An incident’s loss window goes from the last proven good moment before it to the recovery. The report of a failure comes
after several attempts, so begin a little earlier where the platform’s attempts may have begun before the window. What is
there already is recognised by its reference, so that reading too much does no harm.

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
      documented ? 'yes' : 'no, check it',
    ]
  }),
)}

Each request wants \`Authorization: Bearer $RETM_TOKEN\`. Loyalty calls want a synchronous answer; nothing of them is left to
be read. Where an endpoint’s \`event\` is not configured, all resources are listed.
`
}

if (import.meta.main) generate(new Map(Object.entries(pages())), [])
