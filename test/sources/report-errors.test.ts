import { expect } from 'chai'
import { invalidReport } from '../../src/sources/report-errors.ts'

describe('invalidReport', () => {
  for (const [pointer, shown] of [
    ['/data/url', 'data/url'],
    ['form:url', 'form:url'],
    ['header:ce-id', 'header:ce-id'],
  ] as const)
    it(`names ${pointer} whole`, () =>
      expect(invalidReport([{ pointer, detail: 'is missing' }]).message).to.equal(
        `the report is not valid: ${shown} is missing`,
      ))
})
