import { loadConfig } from '../config/config.ts'
import { visibleText } from '../domain/external-text.ts'
import type { Command } from './command.ts'
import { deliver, membersOf } from './simulate/delivery.ts'
import { firstSource, reportGivenUp } from './simulate/given-up.ts'
import { ALLOW_HELP, ALLOW_OPTION, simulationUrl } from './simulate/hosts.ts'
import { caOption, durationOption, markSecret, readRef, refOption, refOptions } from './simulate/options.ts'
import { parseOptions, UsageError } from './usage.ts'

/** Delivers one notification as the platform does, and reports it as lost if that fails. */
export const simulateDeliver: Command = {
  usage: 'simulate deliver URL --event NAME',
  summary: 'deliver a notification as the platform does, in three attempts',
  options: [
    ['--event NAME', 'type of the notification, such as order.created'],
    ['--set KEY=VALUE', 'a member of the body; may be given several times'],
    ['--token-file FILE, --token-env NAME', 'bearer token of the delivery'],
    ['--pause DURATION', 'between two attempts (1s)'],
    ['--ca-file FILE', 'authority to trust besides the system’s'],
    ['--ingest URL', 'report the delivery there once it is given up on'],
    ['--source NAME', 'send as this source (default: the first configured one)'],
    ['--credential-file FILE, --credential-env NAME', 'credential of the report, instead of the source’s first one'],
    ['--secret-file FILE, --secret-env NAME', 'marks the report as simulated, instead of simulation.secret'],
    ALLOW_HELP,
  ],
  examples: [
    'simulate deliver http://127.0.0.1:3000/hooks/orders --event order.created --set total=99',
    'simulate deliver http://127.0.0.1:3000/hooks/orders --event order.created --ingest http://127.0.0.1:8080',
  ],
  exitCodes: '0 delivered, 1 the platform gave up or its report was not accepted, 2 the command line is wrong.',
  readsConfig: true,
  async run(args, env) {
    const { values, positionals } = parseOptions(args, {
      allowPositionals: true,
      options: {
        event: { type: 'string' },
        set: { type: 'string', multiple: true, default: [] },
        pause: { type: 'string', default: '1s' },
        'ca-file': { type: 'string' },
        ingest: { type: 'string' },
        source: { type: 'string' },
        ...refOptions('token'),
        ...refOptions('credential'),
        ...refOptions('secret'),
        ...ALLOW_OPTION,
      },
    })
    const { allow, event } = values
    if (positionals.length !== 1 || !event) throw new UsageError('simulate deliver takes one URL, and --event NAME')
    const url = simulationUrl('simulate deliver', positionals[0], allow)
    const ingest = values.ingest === undefined ? undefined : simulationUrl('--ingest', values.ingest, allow)
    const token = refOption(values, 'token')
    const config = await loadConfig(env)
    const secret = ingest && (await markSecret(values, config, env))
    const source = values.source ?? firstSource(config)
    const { kind } =
      config.sources[source] ??
      fail(`there is no source ${source}; configured: ${Object.keys(config.sources).join(', ')}`)
    const result = await deliver({
      url,
      kind,
      event,
      set: members(values.set),
      token: token && (await readRef(token, env)),
      ca: await caOption(values),
      pause: durationOption(values, 'pause'),
      onAttempt: (line) => process.stdout.write(`${visibleText(line)}\n`),
    })
    if (result.ok || !ingest) return result.ok ? 0 : 1
    const { code, message, attempts } = result
    await reportGivenUp(
      { endpoint: url.href, code, message, event, attempts },
      {
        config,
        ingest,
        source,
        credential: refOption(values, 'credential'),
        secret,
        env,
      },
    )
    return 1
  },
}

function fail(reason: string): never {
  throw new UsageError(reason)
}

function members(pairs: readonly string[]): Record<string, unknown> {
  try {
    return membersOf(pairs)
  } catch (error) {
    throw new UsageError(`--set takes KEY=VALUE, not ${(error as Error).message}`)
  }
}
