import type { OutboundClient } from '../domain/ports/outbound-client.ts'
import { createOutboundClient } from '../outbound/client.ts'
import { outboundGuard } from '../outbound/guard.ts'
import { internalAuthorities } from '../service/probe-plans.ts'
import type { StartContext } from './context.ts'
import type { StartedJournal } from './journal.ts'

/** DNS look-ups that may hang at once: less than half of the thread pool that main.ts asks for. */
const LOOKUP_SLOTS = 6

/** The client of everything that connects to the outside over HTTP. */
export function outboundClient({ config }: StartContext, { clock }: StartedJournal): OutboundClient {
  const { allow, reference } = config.outbound
  return createOutboundClient({
    guard: outboundGuard({ allow, internal: internalAuthorities(config.endpoints, reference, config.canary?.url) }),
    lookupSlots: LOOKUP_SLOTS,
    clock,
  })
}
