import type { ServerResponse } from 'node:http'

/** What the proxy itself answers, each with its title and a fixed text: nothing of an error's own text is shown. */
const ANSWERS = {
  bad_target: [400, 'Invalid request', 'the target must be a path, without dot segments'],
  bad_request: [400, 'Invalid request', 'the request cannot be passed on'],
  bad_method: [405, 'Method not allowed', 'TRACE is not passed on'],
  no_route: [404, 'Not found', 'no route has this path'],
  request_timeout: [408, 'Request timeout', 'the body did not arrive in time'],
  upstream_failed: [502, 'Bad gateway', 'the application gave no valid response'],
  upstream_unavailable: [503, 'Application unavailable', 'the application could not be connected to'],
  upstream_timeout: [504, 'Gateway timeout', 'the application did not respond in time'],
  loop: [508, 'Loop detected', 'this delivery has been here before: the upstream leads back to this proxy'],
  internal: [502, 'Bad gateway', 'an internal error occurred'],
} as const
export type AnswerCode = keyof typeof ANSWERS

export const answerStatus = (code: AnswerCode): number => ANSWERS[code][0]

/** Answers with a problem document (RFC 9457), if nothing has been sent yet. @returns whether it did */
export function answer(response: ServerResponse, code: AnswerCode): boolean {
  if (response.headersSent || response.destroyed) return false
  const [status, title, detail] = ANSWERS[code]
  const type = `urn:webhook-error-exporter:problem:${code.replaceAll('_', '-')}`
  const body = JSON.stringify({ type, title, status, detail, code })
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.statusMessage = ''
  response.writeHead(status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...(status === 503 && { 'Retry-After': '1' }),
    ...(status === 405 && { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' }),
    // A body that is still arriving is not read to its end.
    ...(!response.req.complete && { Connection: 'close' }),
  })
  response.end(body)
  return true
}
