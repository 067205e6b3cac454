/** What the stand-in receiver can do to a delivery. `none`: it answers 200. */
export const FAULTS = [
  'none',
  'refused',
  'reset',
  'timeout',
  'slow',
  'tls-expired',
  'tls-name',
  'redirect',
  '401',
  '404',
  '429',
  '500',
  '503',
  'half-answer',
] as const
export type Fault = (typeof FAULTS)[number]

export const isFault = (text: string): text is Fault => (FAULTS as readonly string[]).includes(text)

/** What each does, for people. */
export const FAULT_TEXTS: Readonly<Record<Fault, string>> = {
  none: 'answers 200',
  refused: 'does not listen',
  reset: 'resets the connection once the request has arrived',
  timeout: 'takes the request and never answers',
  slow: 'answers 200 after --delay',
  'tls-expired': 'presents a certificate that expired on 1 January 2021',
  'tls-name': 'presents a certificate for another name',
  redirect: 'answers 302 to its own path /elsewhere',
  '401': 'answers 401',
  '404': 'answers 404',
  '429': 'answers 429 with Retry-After',
  '500': 'answers 500',
  '503': 'answers 503',
  'half-answer': 'ends the connection in the middle of its answer',
}
