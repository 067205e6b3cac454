#!/usr/bin/env node
import { run } from '../../src/cli/run.ts'

// The kernel ignores signals to PID 1, as in a container, that have no handler. `untilSignal` replaces these.
process.on('SIGTERM', () => process.exit(128 + 15))
process.on('SIGINT', () => process.exit(128 + 2))
const words = process.argv.slice(2)
process.exitCode = await run(words[0] === '--exit' ? ['demo', ...words] : words, process.env, {
  name: 'npm run demo --',
  commands: {
    demo: async () => (await import('./demo.ts')).demo,
    deliver: async () => (await import('./deliver-command.ts')).deliverCommand,
    receiver: async () => (await import('./receiver-command.ts')).receiverCommand,
  },
  otherwise: 'demo',
})
