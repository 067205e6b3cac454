import { expect } from 'chai'
import { timeOf } from '../../src/sources/mapping/values.ts'

describe('timeOf()', () => {
  for (const [text, time] of [
    ['2025-06-01T12:00:00Z', 1_748_779_200_000],
    [1_748_779_200, 1_748_779_200_000],
    ['1748779200.5', 1_748_779_200_500],
    [1_748_779_200_500, 1_748_779_200_500],
    ['1748779200500', 1_748_779_200_500],
    ['yesterday', undefined],
    ['1'.repeat(101), undefined],
  ] as const)
    it(`reads ${String(text).slice(0, 30)} as ${time === undefined ? 'no time' : new Date(time).toISOString()}`, () =>
      expect(timeOf(text)).to.equal(time))
})
