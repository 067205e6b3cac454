import { loadConfig } from '../config/config.ts'
import { type Classification, classify } from '../domain/classify/classify.ts'
import { identifier } from '../domain/endpoint.ts'
import { stringify, visible } from '../domain/external-text.ts'
import { numbered } from '../domain/human.ts'
import { remediesFor } from '../domain/remedies/remedies.ts'
import { parseReport, type Report } from '../domain/report.ts'
import { AppError } from '../errors.ts'
import type { Command } from './command.ts'
import { readStdin } from './stdin.ts'
import { parseOptions, UsageError } from './usage.ts'

/** Stands where no endpoint was given. Its host and port read well in the commands that the checks propose. */
const NOWHERE = 'https://your-endpoint/'

/** Says why a delivery failed, as the service would when it receives the report; sends and stores nothing. */
export const explain: Command = {
  usage: "explain --code N --message '…' [--json]",
  summary: 'explain why a delivery failed, and what to check (or a report as JSON on stdin)',
  options: [
    ['--code N', 'the number in the report'],
    ['--message TEXT', 'the text in the report'],
    ['--endpoint URL', 'the endpoint in the report'],
    ['--json', 'print JSON'],
  ],
  examples: ["explain --code 56 --message 'sslv3 alert certificate expired'", 'explain --json < report.json'],
  exitCodes: '0 a cause was found, 1 the cause is unknown, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run(args, env) {
    const { values } = parseOptions(args, {
      options: {
        code: { type: 'string' },
        message: { type: 'string' },
        endpoint: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    })
    const given = values.code !== undefined || values.message !== undefined
    const report = read(
      given
        ? Buffer.from(JSON.stringify({ code: values.code ?? '0', message: values.message, endpoint: values.endpoint }))
        : await readStdin(),
    )
    const config = await loadConfig(env)
    const found = classify(report, config.sources.retm.codes)
    const { endpoint, url } = identifier(config.endpoints)(report.endpoint)
    const subject = report.endpoint === NOWHERE ? { endpoint: null, url: null } : { endpoint, url }
    const remedies = remediesFor(found.cause, {
      endpoint: subject.endpoint ?? 'the endpoint',
      url: subject.url ?? NOWHERE,
      code: report.code,
    })
    process.stdout.write(
      values.json
        ? `${stringify({ ...found, ...subject, remedies })}\n`
        : text(report, visible(found), visible(remedies)),
    )
    return found.cause === 'unknown' ? 1 : 0
  },
}

/** The same reading as on the ingest listener, so that a body can be copied from one to the other; the endpoint may be left out. */
function read(raw: Uint8Array): Report {
  try {
    return parseReport(withEndpoint(raw))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new UsageError(`${error.message}; give --code and --message, or a report as JSON on stdin`)
  }
}

function withEndpoint(raw: Uint8Array): Uint8Array {
  try {
    const given: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw))
    if (typeof given !== 'object' || given === null || Array.isArray(given) || 'endpoint' in given) return raw
    return Buffer.from(JSON.stringify({ ...given, endpoint: NOWHERE }))
  } catch {
    // What is wrong with it is for parseReport to say.
    return raw
  }
}

function text(report: Report, found: Classification, remedies: ReturnType<typeof remediesFor>): string {
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
