import { expect } from 'chai'
import { classify } from '../../../src/domain/classify/classify.ts'
import { samples } from '../../corpus/corpus.ts'

/** What senders, their logs and their queues write around an error: none of it is a reason. */
const SURROUNDINGS: Readonly<Record<string, (message: string) => string>> = {
  'a pointer to the details': (message) =>
    `ERROR: UNKNOWN ERROR - check the detailed error for more information\n${message}`,
  'advice with a colon': (message) => `Please try again later: ${message}`,
  'advice behind it': (message) => `${message}. Please check your URL and try again.`,
  'a heading': (message) => `Failed to send webhook: ${message}`,
  'members of JSON': (message) => JSON.stringify({ success: false, error: message, requestId: '7f3c2a', attempt: 3 }),
  'a URL of misleading words': (message) => `Post "https://timeout.example/refused/404?ssl=reset": ${message}`,
  'a line of a log': (message) =>
    `2026-05-01T10:00:00.123Z ERROR [webhook-worker-4] delivery 8812 to endpoint 401 failed: ${message}`,
  'an outer exception': (message) => `org.example.DeliveryException: Could not deliver event\nCaused by: ${message}`,
}

describe('classify(report) with the text of others around an error', () => {
  const cause = (message: string) => classify({ code: 0, message }).cause
  const known = [...samples('tuned'), ...samples('looks')].filter(
    ({ code = 0, message, cause: right }) =>
      code === 0 && message.length < 400 && right !== 'unknown' && cause(message) === right,
  )

  for (const [name, around] of Object.entries(SURROUNDINGS))
    it(`finds the same cause in 995 of 1,000 within ${name}`, () => {
      const changed = known.filter(({ message, cause: right }) => cause(around(message)) !== right)
      expect(changed.length, changed.map(({ message }) => message.slice(0, 100)).join('\n')).to.be.at.most(
        known.length / 200,
      )
    })
})
