import { writeFileSync } from 'node:fs'
import Mocha from 'mocha'

/** The spec reporter, which also leaves its counts in the file that MOCHA_COUNTS_FILE names, for `npm test`. */
export default class CountingSpec extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options)
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats
      const file = process.env['MOCHA_COUNTS_FILE']
      if (file) writeFileSync(file, JSON.stringify({ passes, failures, pending }))
    })
  }
}
