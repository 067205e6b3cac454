import { loadConfig } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import { checksFor, remedyId } from '../domain/remedies/remedies.ts'
import { stringify, visible } from '../domain/text/external-text.ts'
import { numbered, rfc3339 } from '../domain/text/human.ts'
import { guarded } from '../domain/verdict/observation.ts'
import { PROBE_PHASES, type ProbeResult, type ProbeTarget } from '../domain/verdict/probe.ts'
import { createOutboundClient } from '../outbound/client.ts'
import { outboundGuard } from '../outbound/guard.ts'
import { createProber } from '../probe/prober.ts'
import { secretReader } from '../probe/secrets.ts'
import { internalAuthorities, probePlans } from '../service/probe-plans.ts'
import { parseDuration } from '../units.ts'
import { command, JSON_OPTION, text } from './command.ts'
import { UsageError } from './usage.ts'

/** Probes an endpoint once, as the service would, under the same guard; nothing is stored. */
export const probe = command({
  usage: 'probe URL|NAME [--timeout 10s] [--json]',
  summary: 'probe a URL or a configured endpoint once',
  options: {
    timeout: text('--timeout DURATION', 'for the whole probe (10s, or what the endpoint has configured)'),
    json: JSON_OPTION,
  },
  allowPositionals: true,
  examples: ['probe https://shop.example/hooks/orders', 'probe orders --json'],
  exitCodes: '0 up, 1 down, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run({ values, positionals }, env) {
    const [subject] = positionals
    if (positionals.length !== 1 || subject === undefined)
      throw new UsageError('probe takes one URL or name of an endpoint')
    const timeout = values.timeout === undefined ? undefined : parseDuration(values.timeout)
    if (values.timeout !== undefined && !timeout) throw new UsageError('--timeout takes a duration such as 10s')
    const config = await loadConfig(env)
    const guard = outboundGuard({ allow: config.outbound.allow, internal: internalAuthorities(config.endpoints) })
    const prober = createProber({ client: createOutboundClient({ guard }) })
    const targets = await targetsOf(subject, config, env)
    const results = await Promise.all(targets.map((target) => prober.probe({ ...target, ...(timeout && { timeout }) })))
    process.stdout.write(values.json ? `${stringify(results)}\n` : visible(results).map(page).join('\n'))
    return results.every(({ up }) => up) ? 0 : 1
  },
})

/** Of a configured endpoint all its views with their secrets; of a URL that one alone. */
async function targetsOf(
  subject: string,
  config: Config,
  env: Parameters<typeof secretReader>[0],
): Promise<ProbeTarget[]> {
  const plan = probePlans(config.endpoints, secretReader(env)).find(({ endpoint }) => endpoint === subject)
  if (plan) {
    try {
      return await Promise.all(plan.views.map((view) => view.prepare()))
    } catch (error) {
      throw new UsageError((error as Error).message)
    }
  }
  if (URL.canParse(subject) && /^https?:/i.test(subject)) {
    return [{ endpoint: subject, vantage: 'public', url: subject, timeout: 10_000 }]
  }
  const names = config.endpoints.map(({ name }) => name)
  if (names.includes(subject)) {
    throw new UsageError(`${subject} has no URL to probe; set probe.url, since its urls are patterns`)
  }
  throw new UsageError(
    `${subject} is neither an http(s) URL nor a configured endpoint (${names.join(', ') || 'none is'})`,
  )
}

const checksOf = (result: ProbeResult): readonly string[] =>
  checksFor(remedyId(result.cause ?? 'unknown', result), { endpoint: result.endpoint, url: result.url, probe: result })

function page(result: ProbeResult): string {
  const phases = PROBE_PHASES.filter((phase) => result.phases[phase] !== undefined).map(
    (phase) => `${phase} ${result.phases[phase]!.toFixed(1)} ms`,
  )
  const { tls } = result
  return [
    `${result.up ? 'up' : 'down'}: ${result.detail}${result.up ? '' : ` (cause ${result.cause}, phase ${result.phase})`}`,
    `  ${result.vantage} ${result.url}${result.address ? ` at ${result.address}` : ''}`,
    ...(phases.length > 0 ? [`  ${phases.join(', ')}`] : []),
    ...(tls
      ? [
          `  certificate of ${tls.subject} from ${tls.issuer}, until ${rfc3339(tls.notAfter)}${tls.daysLeft < 0 ? '' : ` (${tls.daysLeft} days)`}`,
        ]
      : []),
    ...(result.up || guarded(result) ? [] : ['  check, in this order:', numbered(checksOf(result), '    ')]),
    ...(result.pathUnproven ? ['  the path answers 404 to harmless methods, so only reachability is proven'] : []),
    '',
  ].join('\n')
}
