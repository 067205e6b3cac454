import type { Env } from '../../config/config.ts'
import type { Config } from '../../config/schema.ts'
import { classify } from '../../domain/classify/classify.ts'
import { createOutboundClient } from '../../outbound/client.ts'
import { outboundGuard } from '../../outbound/guard.ts'
import { roundTrip } from '../../service/canary.ts'
import { internalAuthorities } from '../../service/probe-plans.ts'
import { readRef, refOption, type Values } from '../simulate/options.ts'
import { type Hop, HopError } from './hop.ts'

export interface CanaryHopDeps {
  readonly values: Values
  readonly canary: NonNullable<Config['canary']>
  readonly config: Pick<Config, 'endpoints' | 'outbound'>
  readonly url: URL
  /** Milliseconds for the whole round trip. */
  readonly timeout: number
  readonly waits: boolean
  readonly env: Env
}

/** A canary through the public URL: only a receiver with the same secret can answer it, and nothing is recorded. @throws UsageError */
export async function canaryHop({ values, canary, config, url, timeout, waits, env }: CanaryHopDeps): Promise<Hop> {
  const { endpoints, outbound } = config
  const tokenRef = refOption(values, 'credential') ?? canary.token
  const [token, secret] = [tokenRef && (await readRef(tokenRef, env)), await readRef(canary.secret, env)]
  const guard = outboundGuard({ allow: outbound.allow, internal: internalAuthorities(endpoints, url.href) })
  const client = createOutboundClient({ guard })
  return {
    name: 'canary came back',
    waits,
    async check() {
      const { cause, detail, status } = await roundTrip({
        client,
        url: url.href,
        token,
        secret,
        timeout,
        clock: Date.now,
        classify: (report) => classify(report),
      })
      if (cause === null) return `${status}, signed`
      throw new HopError(`${detail} (cause ${cause})`, 'check --ingest, the credential and canary.secret')
    },
  }
}
