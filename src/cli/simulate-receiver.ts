import { visibleText } from '../domain/external-text.ts'
import type { Command } from './command.ts'
import { controlServer } from './simulate/control.ts'
import { FAULT_TEXTS, FAULTS, isFault } from './simulate/faults.ts'
import { ALLOW_OPTION, checkHost } from './simulate/hosts.ts'
import { durationOption, portOption } from './simulate/options.ts'
import { CA_FILE, listen, startReceiver } from './simulate/receiver.ts'
import { untilSignal } from './simulate/until-signal.ts'
import { parseOptions, UsageError } from './usage.ts'

/** Acts as the application, with a fault that can be switched while it runs. */
export const simulateReceiver: Command = {
  usage: 'simulate receiver [--fault NAME]',
  summary: 'act as an application that fails in a chosen way',
  options: [
    ['--fault NAME', `what it does at first (none): ${FAULTS.join(', ')}`],
    ['--host HOST, --port N', 'where it listens, with HTTP and HTTPS on one port (127.0.0.1, any free port)'],
    ['--control-port N', 'where the fault is switched: PUT /fault (any free port)'],
    ['--delay DURATION', 'of the fault slow (5s)'],
    ['--allow HOST', 'listen on this host too; only loopback by default'],
  ],
  examples: ['simulate receiver --fault 503 --port 3000', 'simulate receiver --fault tls-expired'],
  exitCodes: '0 it was stopped, 1 it cannot listen, 2 the command line is wrong.',
  readsConfig: false,
  async run(args) {
    const { values } = parseOptions(args, {
      options: {
        fault: { type: 'string', default: 'none' },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '0' },
        'control-port': { type: 'string', default: '0' },
        delay: { type: 'string', default: '5s' },
        ...ALLOW_OPTION,
      },
    })
    const { fault, host } = values
    if (!isFault(fault)) throw new UsageError(`--fault: there is no ${fault}; known faults: ${FAULTS.join(', ')}`)
    checkHost(host, values.allow)
    const receiver = await startReceiver({
      host,
      port: portOption(values, 'port'),
      delay: durationOption(values, 'delay'),
      fault,
      onRequest: ({ method, path, fault }) =>
        process.stdout.write(`${visibleText(`${method} ${path}`)}: ${FAULT_TEXTS[fault]}\n`),
    })
    const control = controlServer(receiver)
    const port = await listen(control, host, portOption(values, 'control-port'))
    const shown = host.includes(':') ? `[${host}]` : host
    process.stdout.write(
      `receiver: http://${shown}:${receiver.port} and https://${shown}:${receiver.port} (trust ${CA_FILE})\n` +
        `fault: ${fault}, it ${FAULT_TEXTS[fault]}; switch: curl -X POST http://${shown}:${port}/fault/NAME\n`,
    )
    await untilSignal()
    control.closeAllConnections()
    await Promise.all([receiver.close(), new Promise((resolve) => control.close(resolve))])
    return 0
  },
}
