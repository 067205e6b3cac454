import { inspectJournal } from '../journal/open.ts'
import { command, flag } from './command.ts'
import { complain } from './complain.ts'
import { configWarnings } from './config-warnings.ts'
import { loadChecked } from './environment.ts'
import { onceOnly } from './journal-fault.ts'

/** Reports everything that is wrong with the configuration; starts and changes nothing, and opens the journal only if asked. */
export const checkConfig = command({
  usage: 'check-config [--deep]',
  summary: 'check the configuration, change nothing',
  options: { deep: flag('--deep', 'also open the journal and check it; a running service is not disturbed') },
  examples: ['check-config --config config.yaml', 'check-config --deep'],
  exitCodes:
    '0 valid (warnings are on stderr), 1 valid, but --deep found the journal unusable, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run({ values }, env) {
    const config = await loadChecked(env)
    const warnings = await configWarnings(config, env)
    const { fault, warning } = values.deep ? await inspectJournal(config.journal) : {}
    if (warning) warnings.push(`journal.url: ${warning}`)
    for (const line of warnings) complain(`warning: ${line}`)
    process.stdout.write('the configuration is valid\n')
    if (!fault) return 0
    complain(`journal.url: ${onceOnly(fault.detail)}`)
    return 1
  },
})
