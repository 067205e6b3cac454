import { canonicalUrl } from '../domain/canonical-url.ts'
import type { ProbeMethod, ProbeTarget } from '../domain/probe.ts'
import { type Attempt, ask, bare, portOf, type Surroundings, shownHost, timed } from './ask.ts'
import type { Answer } from './exchange.ts'
import { ProbeFault } from './fault.ts'
import { answerCause, isUp } from './status.ts'

/** A HEAD that is answered with one of these says nothing of the path: many routes take a POST alone. */
const HEAD_IS_NOT_FOR_IT = new Set([404, 405, 501])

/**
 * Resolve, judge the addresses, connect, secure, ask. Ends without an error where the endpoint is up.
 * @throws ProbeFault, or the signal's reason
 */
export async function attempt(target: ProbeTarget, seen: Attempt, surroundings: Surroundings): Promise<void> {
  const url = URL.parse(target.url)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ProbeFault('blocked', 'its URL is no http or https URL')
  }
  const addresses = await permitted(url, seen, surroundings)
  const answerTo = (method: ProbeMethod, from: readonly string[]) => ask(method, url, from, target, seen, surroundings)

  const first = await answerTo(target.method ?? 'HEAD', addresses)
  const enough =
    target.method || !HEAD_IS_NOT_FOR_IT.has(first.status) || (target.expect && isUp(first.status, target.expect))
  if (enough) return judge(first, target, seen, url)

  const { phase, phases } = seen
  // The address that answered HEAD is asked again: no second look-up, so no second opinion of a rebinding name server.
  const second = await answerTo('OPTIONS', [seen.address!]).catch((error) => {
    if (first.status === 501) throw error
    // A firewall that drops OPTIONS takes nothing away from the answer to HEAD.
    Object.assign(seen, { phase, phases })
    return first
  })
  const pathUnproven = first.status === 404 ? !proves(second) : first.status === 501 && second.status === 404
  if (pathUnproven) seen.pathUnproven = true
  const secondSaysLess = first.status !== 501 && (second.status === 404 || second.status === 501)
  judge(secondSaysLess ? first : second, target, seen, url)
}

/** Whether an answer to OPTIONS shows that the path exists. A blanket CORS answer names no methods in Allow. */
const proves = ({ status, allows }: Answer): boolean => status === 405 || (status < 300 && allows)

async function permitted(url: URL, seen: Attempt, { guard, resolve, signal }: Surroundings): Promise<string[]> {
  const host = bare(url)
  const found = await timed(seen, 'resolve', () => resolve(host, signal))
  const refusals = found.map((address) => guard.refusal(host, portOf(url), address))
  const addresses = found.filter((_, index) => refusals[index] === undefined)
  if (addresses.length === 0) {
    const use = `${found[0]} is ${refusals[0]!.replace('_', '-')}`
    throw new ProbeFault('blocked', `${shownHost(url)} may not be probed: ${use}; outbound.allow can give leave`)
  }
  return addresses
}

function judge({ status, location }: Answer, target: ProbeTarget, seen: Attempt, url: URL): void {
  seen.status = status
  if (location !== undefined && status >= 300 && status < 400) {
    const to = canonicalUrl(URL.parse(location.slice(0, 4_096), url)?.href ?? '')
    if (to) seen.redirect = to
  }
  const notFound = status === 404 && target.method !== undefined && !target.expect
  if (isUp(status, target.expect) && !notFound) return
  throw new ProbeFault(
    answerCause(status),
    target.expect ? `it answers ${status}, which is not expected` : said(status),
  )
}

const said = (status: number): string =>
  status >= 300 && status < 400
    ? `it answers ${status}, a redirect, which a platform may not follow`
    : `it answers ${status}`
