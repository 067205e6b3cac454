import type { Row } from './row.ts'
import authentication from './rows/authentication.json' with { type: 'json' }
import blocked from './rows/blocked.json' with { type: 'json' }
import connectionRefused from './rows/connection_refused.json' with { type: 'json' }
import connectionReset from './rows/connection_reset.json' with { type: 'json' }
import context from './rows/context.json' with { type: 'json' }
import dns from './rows/dns.json' with { type: 'json' }
import notFound from './rows/not_found.json' with { type: 'json' }
import protocol from './rows/protocol.json' with { type: 'json' }
import rateLimited from './rows/rate_limited.json' with { type: 'json' }
import redirect from './rows/redirect.json' with { type: 'json' }
import rejected from './rows/rejected.json' with { type: 'json' }
import serverError from './rows/server_error.json' with { type: 'json' }
import timeout from './rows/timeout.json' with { type: 'json' }
import tls from './rows/tls.json' with { type: 'json' }
import unavailable from './rows/unavailable.json' with { type: 'json' }
import unknown from './rows/unknown.json' with { type: 'json' }
import unreachable from './rows/unreachable.json' with { type: 'json' }
import vocabulary from './rows/vocabulary.json' with { type: 'json' }

/** Words of each idea. */
export const VOCABULARY: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(vocabulary).map(([idea, lines]) => [idea, lines.join(' ').split(' ')]),
)

/**
 * Every row of the classifier. Of meanings with equally many ideas the first decides, so the causes that need the most
 * particular words come first.
 */
export const ROWS = [
  ...blocked,
  ...dns,
  ...redirect,
  ...tls,
  ...authentication,
  ...rateLimited,
  ...timeout,
  ...unreachable,
  ...unavailable,
  ...connectionReset,
  ...connectionRefused,
  ...protocol,
  ...notFound,
  ...rejected,
  ...serverError,
  ...unknown,
  ...context,
] as readonly Row[]
