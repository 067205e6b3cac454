import { isLoopback } from '../../http/shared/loopback.ts'
import { text } from '../command.ts'
import { UsageError } from '../usage.ts'
import { httpUrl } from './options.ts'

/**
 * A URL that a simulation may send to: of this machine, or of a host that was allowed.
 * @param what names it in the message
 * @throws UsageError
 */
export function simulationUrl(what: string, given: string | undefined, allowed: readonly string[]): URL {
  const url = httpUrl(what, given)
  checkHost(url.hostname, allowed)
  return url
}

/** @throws UsageError for a host that is neither this machine nor allowed */
export function checkHost(hostname: string, allowed: readonly string[]): void {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isLoopback(host) || allowed.includes(host)) return
  throw new UsageError(`${host} is not this machine; simulations go to loopback only, unless --allow ${host} is given`)
}

/** `--allow`, which may be given several times. */
export const ALLOW_OPTION = {
  ...text('--allow HOST', 'send to this host too; only loopback by default'),
  multiple: true,
  default: [] as string[],
} as const
