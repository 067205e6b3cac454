import { signingKey } from '../app/hook-credentials.ts'
import { hookGuard } from '../app/hook-options.ts'
import type { Env } from '../config/config.ts'
import type { Config } from '../config/schema.ts'
import { bareHost, portOf } from '../outbound/url-parts.ts'
import { secretReader } from '../probe/secrets.ts'

/**
 * Secrets of hooks that cannot sign, and URLs that the outbound guard will never permit. A secret that cannot be read is
 * warned of instead: it may be mounted later.
 * @param config may have gaps where faults were found already
 */
export async function hookSecretFaults({ hooks }: Config, env: Env): Promise<string[]> {
  const read = secretReader(env)
  const faults = await Promise.all(
    hooks.map(async (hook, index) => {
      if (!hook?.secret) return []
      const { file, env: variable } = hook.secret
      const text = await read(hook.secret).catch(() => '')
      const key = text === '' ? undefined : signingKey(text)
      if (typeof key !== 'string') return []
      const what = file === undefined ? `env: the secret in ${variable}` : `file: the secret in ${file}`
      return [`hooks[${index}].secret.${what} ${key}`]
    }),
  )
  return [...faults.flat(), ...hooks.flatMap((hook, index) => urlFault(hook?.url, `hooks[${index}].url`))]
}

function urlFault(text: string | undefined, place: string): string[] {
  const url = URL.parse(text ?? '')
  if (!url) return []
  const host = bareHost(url)
  // Names are not resolved: an `invalid` address is a name.
  const refusal = hookGuard([text ?? '']).refusal(host, portOf(url), host)
  return refusal === undefined || refusal === 'invalid'
    ? []
    : [`${place}: ${host} is ${refusal.replace('_', '-')}, and nothing is ever sent there; write another URL`]
}
