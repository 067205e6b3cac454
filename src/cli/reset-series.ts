import { loadConfig } from '../config/config.ts'
import type { JournalFault } from '../domain/ports/journal.ts'
import { openJournal } from '../journal/open.ts'
import { formatDuration } from '../units.ts'
import { command, text } from './command.ts'
import { complain } from './complain.ts'
import { onceOnly } from './journal-fault.ts'
import { durationOption } from './simulate/options.ts'

/** Frees the slots of label sets that have not been counted for a while, so that new ones fit the series limit again. */
export const resetSeries = command({
  usage: 'journal reset-series [--unseen-for 1d]',
  summary: 'free the series of label sets unseen for that long',
  options: {
    'unseen-for': {
      ...text('--unseen-for DURATION', 'only label sets without a failure for that long (1d)'),
      default: '1d',
    },
  },
  examples: ['journal reset-series --unseen-for 30d'],
  readsConfig: true,
  async run({ values }, env) {
    const unseenFor = durationOption(values, 'unseen-for')
    const config = await loadConfig(env)
    let fault: { kind: JournalFault; detail: string } | undefined
    const { journal, open, clock } = await openJournal(config.journal, {
      clock: Date.now,
      incidents: config.incidents,
      configured: config.endpoints.map(({ name }) => name),
      tenantLabel: config.metrics.tenantLabel,
    })
    await open({
      onOpened() {},
      onSnapshot() {},
      onFault: (kind, detail) => {
        fault = { kind, detail }
      },
      onCommitted() {},
      onExpired() {},
    })
    try {
      if (!journal.status().up) {
        complain(fault ? onceOnly(fault.detail) : 'the journal cannot be opened')
        return 1
      }
      const freed = await journal.resetSeries(clock() - unseenFor)
      process.stdout.write(
        `freed ${freed} label sets unseen for ${formatDuration(unseenFor)}; they start anew at their next failure\n`,
      )
      return 0
    } finally {
      await journal.close(5_000)
    }
  },
})
