import { setTimeout as sleep } from 'node:timers/promises'
import { type Env, loadConfig } from '../config/config.ts'
import { classify } from '../domain/classify/classify.ts'
import { stringify, visibleText } from '../domain/external-text.ts'
import { createOutboundClient } from '../outbound/client.ts'
import { outboundGuard } from '../outbound/guard.ts'
import { secretReader } from '../probe/secrets.ts'
import { roundTrip } from '../service/canary.ts'
import { internalAuthorities } from '../service/probe-plans.ts'
import { formatDuration, parseDuration } from '../units.ts'
import type { Command } from './command.ts'
import type { Values } from './simulate/options.ts'
import { parseOptions, UsageError } from './usage.ts'

/** Milliseconds between two attempts with `--retry-for`. */
const RETRY_PAUSE = 2_000

async function verifyInstead(url: string, values: Values, env: Env): Promise<number> {
  const credential = ['file', 'env'].flatMap((place) => {
    const value = values[`token-${place}`]
    return value === undefined ? [] : [`--credential-${place}`, String(value)]
  })
  const retry = ['--retry-for', String(values['retry-for'])]
  const { verify } = await import('./verify.ts')
  return verify.run(['--ingest', url, ...credential, ...retry, ...(values['json'] ? ['--json'] : [])], env)
}

/** Sends one canary through a URL: the smoke test after a deployment. Nothing is recorded as a failure. */
export const selftest: Command = {
  usage: 'selftest [URL] [--timeout 10s] [--retry-for 2m] [--json]',
  summary: 'send one canary through the public URL',
  options: [
    ['--timeout DURATION', 'for the whole round trip (10s)'],
    ['--retry-for DURATION', 'send another one every 2 s until one comes back, for this long (0s: send one)'],
    ['--token-file FILE, --token-env NAME', 'bearer token, instead of canary.token'],
    ['--secret-file FILE, --secret-env NAME', 'secret that signs, instead of canary.secret'],
    ['--json', 'print JSON'],
  ],
  examples: ['selftest', 'selftest https://errors.shop.example/webhooks/error --secret-file /secrets/canary'],
  exitCodes: '0 the canary came back, 1 it did not, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run(args, env) {
    const { values, positionals } = parseOptions(args, {
      allowPositionals: true,
      options: {
        timeout: { type: 'string', default: '10s' },
        'retry-for': { type: 'string', default: '0s' },
        json: { type: 'boolean', default: false },
        'token-file': { type: 'string' },
        'token-env': { type: 'string' },
        'secret-file': { type: 'string' },
        'secret-env': { type: 'string' },
      },
    })
    const timeout = parseDuration(String(values.timeout))
    if (timeout === undefined || timeout < 1) throw new UsageError('--timeout takes a duration such as 10s')
    const retryFor = parseDuration(String(values['retry-for']))
    if (retryFor === undefined) throw new UsageError('--retry-for takes a duration such as 2m')
    const { canary, endpoints, outbound, simulation } = await loadConfig(env)
    const url = positionals[0] ?? canary?.url
    const isNamed = ['secret-file', 'secret-env'].some((name) => values[name as 'secret-file'] !== undefined)
    // The newer way, if only that is configured.
    if (!canary && simulation && !isNamed && url !== undefined) return verifyInstead(url, values, env)
    if (positionals.length > 1 || !URL.canParse(url ?? '') || !/^https?:/.test(url!)) {
      throw new UsageError('selftest takes one http or https URL; without one canary.url must be configured')
    }
    const read = secretReader(env)
    const secretRef = (name: 'token' | 'secret') => {
      const [file, variable] = [values[`${name}-file`], values[`${name}-env`]]
      if (file !== undefined) return { file: String(file) }
      return variable === undefined ? canary?.[name] : { env: String(variable) }
    }
    const [tokenRef, signingRef] = [secretRef('token'), secretRef('secret')]
    if (!signingRef) throw new UsageError('no secret: configure canary.secret, or name --secret-file or --secret-env')
    const reading = async (what: { file?: string; env?: string }): Promise<string> => {
      const text = await read(what).catch(() => '')
      if (text === '') throw new UsageError(`${what.file ?? what.env} contains no readable secret`)
      return text
    }
    const guard = outboundGuard({ allow: outbound.allow, internal: internalAuthorities(endpoints, url) })
    const send = async () =>
      roundTrip({
        client: createOutboundClient({ guard }),
        url: url!,
        token: tokenRef && (await reading(tokenRef)),
        secret: await reading(signingRef),
        timeout,
        clock: Date.now,
        classify: (report) => classify(report),
      })
    const end = performance.now() + retryFor
    let result = await send()
    while (result.cause !== null && performance.now() < end) {
      await sleep(RETRY_PAUSE)
      result = await send()
    }
    const ok = result.cause === null
    const milliseconds = Math.round(result.seconds * 1_000)
    process.stdout.write(
      values.json
        ? `${stringify({ ok, cause: result.cause, detail: result.detail, status: result.status ?? null, milliseconds })}\n`
        : ok
          ? `the canary came back in ${milliseconds} ms\n`
          : `the canary did not come back within ${formatDuration(timeout)}: ${visibleText(result.detail)} (cause ${result.cause})\n`,
    )
    return ok ? 0 : 1
  },
}
