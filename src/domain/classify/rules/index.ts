import type { Rule } from '../phrases.ts'
import { ANSWERS } from './answers.ts'
import { CONNECT } from './connect.ts'
import { CONTEXT } from './context.ts'
import { DNS } from './dns.ts'
import { HTTP_NAMES } from './http.ts'
import { PROTOCOL } from './protocol.ts'
import { PROXIES } from './proxies.ts'
import { TIMEOUT } from './timeout.ts'
import { TLS } from './tls.ts'
import { WORDINGS } from './wordings.ts'

/** Every rule of the classifier, as data. */
export const RULES: readonly Rule[] = [
  ...DNS,
  ...CONNECT,
  ...TIMEOUT,
  ...TLS,
  ...PROTOCOL,
  ...HTTP_NAMES,
  ...PROXIES,
  ...WORDINGS,
  ...ANSWERS,
  ...CONTEXT,
]
