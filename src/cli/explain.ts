import { loadConfig } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import { type Classification, classify } from '../domain/classify/classify.ts'
import { remediesFor } from '../domain/remedies/remedies.ts'
import { identifier } from '../domain/report/endpoint.ts'
import { MAX_CODE, MIN_CODE } from '../domain/report/signal.ts'
import { stringify, visible } from '../domain/text/external-text.ts'
import { numbered } from '../domain/text/human.ts'
import { AppError } from '../errors.ts'
import { sourceKinds } from '../sources/index.ts'
import type { SourceKind } from '../sources/source.ts'
import { command, JSON_OPTION, text } from './command.ts'
import { readStdin } from './stdin.ts'
import { UsageError } from './usage.ts'

/** Used if no endpoint was given. Its host and port read well in the commands that the checks propose. */
const PLACEHOLDER = 'https://your-endpoint/'

/** Says why a delivery failed, as the service would when it receives the report; sends and stores nothing. */
export const explain = command({
  usage: "explain --code N --message '…' [--json]",
  summary: 'explain why a delivery failed, and what to check (or a report as JSON on stdin)',
  options: {
    code: text('--code N', 'the number in the report'),
    message: text('--message TEXT', 'the text in the report'),
    endpoint: text('--endpoint URL', 'the endpoint in the report'),
    source: text('--source NAME', 'the source of the report (the first one that is configured)'),
    header: {
      ...text("--header 'NAME: VALUE'", 'a header of the request, for sources that read headers; may be repeated'),
      multiple: true,
      default: [] as string[],
    },
    json: JSON_OPTION,
  },
  examples: [
    "explain --code 56 --message 'sslv3 alert certificate expired'",
    'explain --json < report.json',
    'explain --source NAME < sample.json',
  ],
  exitCodes:
    '0 a cause was found, or signals were read, 1 the cause is unknown, 2 the command line, the sample or the configuration is wrong.',
  readsConfig: true,
  async run({ values }, env) {
    const config = await loadConfig(env)
    const { kind, section } = sourceOf(config, values.source)
    const isGiven = values.code !== undefined || values.message !== undefined
    if (!isGiven && kind.explainSignals) {
      const { explainSignals } = await import('./explain-signals.ts')
      return explainSignals({ config, kind, section, headers: values.header, json: values.json === true })
    }
    const report = isGiven
      ? { code: codeOf(values.code ?? '0'), message: values.message ?? '', url: values.endpoint }
      : read(kind, await readStdin())
    const found = classify(report, kind.codes?.(section))
    const { endpoint, url } = identifier(config.endpoints)(report.url ?? PLACEHOLDER)
    const subject = report.url === undefined ? { endpoint: null, url: null } : { endpoint, url }
    const remedies = remediesFor(found.cause, {
      endpoint: subject.endpoint ?? 'the endpoint',
      url: subject.url ?? PLACEHOLDER,
      code: report.code,
    })
    process.stdout.write(
      values.json
        ? `${stringify({ ...found, ...subject, remedies })}\n`
        : page(report, visible(found), visible(remedies)),
    )
    return found.cause === 'unknown' ? 1 : 0
  },
})

type Report = ReturnType<NonNullable<SourceKind['explain']>>

/** The source that is named, otherwise the first one. */
function sourceOf({ sources }: Config, given: string | undefined): { kind: SourceKind; section: object } {
  const names = Object.keys(sources)
  const name = given ?? names[0]!
  const section = Object.hasOwn(sources, name) ? sources[name] : undefined
  if (!section) throw new UsageError(`--source: ${name} is not configured; write one of: ${names.join(', ')}`)
  return { kind: sourceKinds.get(section.kind)!, section }
}

function codeOf(text: string): number {
  const code = /^-?[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (code >= MIN_CODE && code <= MAX_CODE) return code
  throw new UsageError(`--code takes an integer from ${MIN_CODE} to ${MAX_CODE}`)
}

/** The same reading as on the ingest listener, so that a body can be copied from one to the other; the endpoint may be missing. */
function read(kind: SourceKind, raw: Uint8Array): Report {
  if (!kind.explain) throw new UsageError(`no body of ${kind.kind} can be explained; give --code and --message`)
  try {
    return kind.explain(raw)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new UsageError(`${error.message}; give --code and --message, or a report as JSON on stdin`)
  }
}

function page(report: Report, found: Classification, remedies: ReturnType<typeof remediesFor>): string {
  const evidence = found.evidence.map(({ read, rule, means }) => `  "${read}" means ${means} (rule ${rule})\n`).join('')
  const meaning = found.codeMeaning === 'none' ? 'says nothing by itself' : `was read as ${found.codeMeaning}`
  return `cause: ${found.cause}
${remedies.meaning}

evidence: the code ${report.code} ${meaning}
${evidence || '  the text names no reason\n'}
check, in this order:
${numbered(remedies.checks)}

fix:
${numbered(remedies.fixes)}

verify: ${remedies.verify}
`
}
