import type { Cause } from '../domain/cause/cause.ts'
import { statusCause } from '../domain/classify/numbers.ts'

/**
 * The cause of an answer that is not up: what its status means wherever it appears, so that probe and report agree.
 * @param status of an answer that is not up; beyond 200 to 599 it is none of HTTP
 */
export const answerCause = (status: number): Cause => (status >= 200 && status < 600 ? statusCause(status) : 'protocol')

/**
 * 4xx answers that do not come from a healthy webhook; and nginx's 495 to 497, with
 * which it refuses a connection's TLS before the application is asked.
 */
const DOWN_4XX = new Set([407, 408, 410, 429, 495, 496, 497])

/**
 * Whether an answer is one of a healthy endpoint. A webhook wants a signed POST: that it refuses a bare HEAD with 401,
 * 403, 405 or 422 shows that it is there and checks.
 * @param expect where given, it alone decides
 */
export function isUp(status: number, expect: readonly (number | string)[] | undefined): boolean {
  if (expect) return expect.some((entry) => entry === status || entry === `${Math.floor(status / 100)}xx`)
  return (status >= 200 && status < 300) || (status >= 400 && status < 500 && !DOWN_4XX.has(status))
}
