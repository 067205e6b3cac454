import { command, text } from '../../src/cli/command.ts'
import { ALLOW_OPTION, checkHost } from '../../src/cli/simulate/hosts.ts'
import { durationOption, type Values } from '../../src/cli/simulate/options.ts'
import { UsageError } from '../../src/cli/usage.ts'
import { visibleText } from '../../src/domain/text/external-text.ts'
import { controlServer } from './control.ts'
import { FAULT_TEXTS, FAULTS, isFault } from './faults.ts'
import { CA_FILE, listen, startReceiver } from './receiver.ts'
import { untilSignal } from './until-signal.ts'

/** Acts as the application, with a fault that can be switched while it runs. */
export const receiverCommand = command({
  usage: 'receiver [--fault NAME]',
  summary: 'act as an application that fails in a chosen way',
  options: {
    fault: { ...text('--fault NAME', `what it does at first (none): ${FAULTS.join(', ')}`), default: 'none' },
    host: {
      ...text('--host HOST, --port N', 'where it listens, with HTTP and HTTPS on one port (127.0.0.1, any free port)'),
      default: '127.0.0.1',
    },
    port: { type: 'string', default: '0' },
    'control-port': {
      ...text('--control-port N', 'where the fault is switched: PUT /fault (any free port)'),
      default: '0',
    },
    delay: { ...text('--delay DURATION', 'of the fault slow (5s)'), default: '5s' },
    allow: { ...ALLOW_OPTION, help: ['--allow HOST', 'listen on this host too; only loopback by default'] },
  },
  examples: ['receiver --fault 503 --port 3000', 'receiver --fault tls-expired'],
  exitCodes: '0 it was stopped, 1 it cannot listen, 2 the command line is wrong.',
  readsConfig: false,
  async run({ values }) {
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
})

/** @throws UsageError */
export function portOption(values: Values, name: string): number {
  const text = String(values[name])
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`--${name} takes a port from 0 to 65535`)
  return port
}
