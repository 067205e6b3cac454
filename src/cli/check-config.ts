import { inspectJournal } from '../journal/open.ts'
import type { Command } from './command.ts'
import { loadChecked } from './environment.ts'
import { parseOptions } from './usage.ts'

/** Says everything that is wrong with the configuration and the journal that it names; starts and changes nothing. */
export const checkConfig: Command = {
  usage: 'check-config',
  summary: 'check configuration and journal, change nothing',
  async run(args, env) {
    parseOptions(args, { options: {} })
    const config = await loadChecked(env)
    const fault = await inspectJournal(config.journal)
    if (fault) {
      process.stderr.write(`webhook-error-exporter: journal.url: ${fault.detail}\n`)
      return 1
    }
    process.stdout.write('the configuration is valid\n')
    return 0
  },
}
