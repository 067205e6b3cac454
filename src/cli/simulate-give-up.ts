import { loadConfig } from '../config/config.ts'
import type { Command } from './command.ts'
import { localOrigin } from './recovery-client.ts'
import { firstSource, reportGivenUp } from './simulate/given-up.ts'
import { ALLOW_HELP, ALLOW_OPTION, simulationUrl } from './simulate/hosts.ts'
import { caOption, markSecret, refOption, refOptions } from './simulate/options.ts'
import { parseOptions, UsageError } from './usage.ts'

const MOST_CODE = 2 ** 31

/** Sends the report of a lost delivery, in the format of a configured source. */
export const simulateGiveUp: Command = {
  usage: 'simulate give-up --code N --endpoint URL',
  summary: 'report a lost delivery in the format of a source',
  options: [
    ['--source NAME', 'a configured source (the first one)'],
    ['--code N', 'HTTP status of the last attempt; 0 if there was no answer'],
    ['--endpoint URL', 'of the delivery, or what the source calls it'],
    ['--message TEXT', 'why, in the platform’s words'],
    ['--event NAME', 'type of the notification (order.created)'],
    ['--ingest URL', 'the ingest listener, or the whole URL of the source; by default as configured, on this machine'],
    ['--credential-file FILE, --credential-env NAME', 'credential of the report, instead of the source’s first one'],
    ['--secret-file FILE, --secret-env NAME', 'marks the report as simulated, instead of simulation.secret'],
    ['--ca-file FILE', 'authority to trust besides the system’s'],
    ALLOW_HELP,
  ],
  examples: [
    'simulate give-up --code 503 --endpoint https://shop.example/hooks/orders',
    'simulate give-up --source NAME --code 500 --endpoint ep_1 --ingest http://127.0.0.1:8080',
  ],
  exitCodes: '0 the report was accepted, 1 it was not, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run(args, env) {
    const { values } = parseOptions(args, {
      options: {
        source: { type: 'string' },
        code: { type: 'string' },
        endpoint: { type: 'string' },
        message: { type: 'string', default: '' },
        event: { type: 'string', default: 'order.created' },
        ingest: { type: 'string' },
        'ca-file': { type: 'string' },
        ...refOptions('credential'),
        ...refOptions('secret'),
        ...ALLOW_OPTION,
      },
    })
    const { code, endpoint, message, event } = values
    if (!/^-?\d{1,10}$/.test(code ?? '') || Math.abs(Number(code)) >= MOST_CODE)
      throw new UsageError('--code takes a number such as 503, or 0 if there was no answer')
    if (!endpoint) throw new UsageError('--endpoint takes the URL that the delivery was for')
    const config = await loadConfig(env)
    const ingest = simulationUrl('--ingest', values.ingest ?? localOrigin(config.ingest), values.allow)
    const accepted = await reportGivenUp(
      { endpoint, code: Number(code), message, event },
      {
        config,
        ingest,
        source: values.source ?? firstSource(config),
        credential: refOption(values, 'credential'),
        secret: await markSecret(values, config, env),
        env,
        ca: await caOption(values),
      },
    )
    return accepted ? 0 : 1
  },
}
