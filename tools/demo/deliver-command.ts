import { command, text } from '../../src/cli/command.ts'
import { firstSource, reportGivenUp } from '../../src/cli/simulate/given-up.ts'
import { ALLOW_OPTION, simulationUrl } from '../../src/cli/simulate/hosts.ts'
import {
  CA_OPTION,
  CREDENTIAL_OPTIONS,
  caOption,
  durationOption,
  markSecret,
  readRef,
  refOption,
  refOptions,
  SOURCE_OPTION,
} from '../../src/cli/simulate/options.ts'
import { UsageError } from '../../src/cli/usage.ts'
import { loadConfig } from '../../src/config/config.ts'
import { visibleText } from '../../src/domain/text/external-text.ts'
import { deliver, membersOf } from './delivery.ts'

/** Delivers one notification as the platform does, and reports it as lost if that fails. */
export const deliverCommand = command({
  usage: 'deliver URL --event NAME',
  summary: 'deliver a notification as the platform does, in three attempts',
  options: {
    event: text('--event NAME', 'type of the notification, such as order.created'),
    set: {
      ...text('--set KEY=VALUE', 'a member of the body; may be given several times'),
      multiple: true,
      default: [] as string[],
    },
    ...refOptions('token', 'bearer token of the delivery'),
    pause: { ...text('--pause DURATION', 'between two attempts (1s)'), default: '1s' },
    ingest: text('--ingest URL', 'report the delivery there once it is given up on'),
    source: SOURCE_OPTION,
    ...CREDENTIAL_OPTIONS,
    ...refOptions('secret', 'marks the report as simulated, instead of simulation.secret'),
    'ca-file': CA_OPTION,
    allow: ALLOW_OPTION,
  },
  allowPositionals: true,
  examples: [
    'deliver http://127.0.0.1:3000/hooks/orders --event order.created --set total=99',
    'deliver http://127.0.0.1:3000/hooks/orders --event order.created --ingest http://127.0.0.1:8080',
  ],
  exitCodes: '0 delivered, 1 the platform gave up or its report was not accepted, 2 the command line is wrong.',
  readsConfig: true,
  async run({ values, positionals }, env) {
    const { allow, event } = values
    if (positionals.length !== 1 || !event) throw new UsageError('deliver takes one URL, and --event NAME')
    const url = simulationUrl('deliver', positionals[0], allow)
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
})

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
