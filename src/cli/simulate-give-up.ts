import { loadConfig } from '../config/config.ts'
import { command, text } from './command.ts'
import { localOrigin } from './local-origin.ts'
import { firstSource, reportGivenUp } from './simulate/given-up.ts'
import { ALLOW_OPTION, simulationUrl } from './simulate/hosts.ts'
import {
  CA_OPTION,
  CREDENTIAL_OPTIONS,
  caOption,
  markSecret,
  refOption,
  refOptions,
  SOURCE_OPTION,
} from './simulate/options.ts'
import { UsageError } from './usage.ts'

const MOST_CODE = 2 ** 31

/** Sends the report of a lost delivery, in the format of a configured source. */
export const simulateGiveUp = command({
  usage: 'simulate give-up --code N --endpoint URL',
  summary: 'report a lost delivery in the format of a source',
  options: {
    source: SOURCE_OPTION,
    code: text('--code N', 'HTTP status of the last attempt; 0 if there was no answer'),
    endpoint: text('--endpoint URL', 'of the delivery, or what the source calls it'),
    message: { ...text('--message TEXT', 'why, in the platform’s words'), default: '' },
    event: { ...text('--event NAME', 'type of the notification (order.created)'), default: 'order.created' },
    ingest: text(
      '--ingest URL',
      'the ingest listener, or the whole URL of the source; by default as configured, on this machine',
    ),
    ...CREDENTIAL_OPTIONS,
    ...refOptions('secret', 'marks the report as simulated, instead of simulation.secret'),
    'ca-file': CA_OPTION,
    allow: ALLOW_OPTION,
  },
  examples: [
    'simulate give-up --code 503 --endpoint https://shop.example/hooks/orders',
    'simulate give-up --source NAME --code 500 --endpoint ep_1 --ingest http://127.0.0.1:8080',
  ],
  exitCodes: '0 the report was accepted, 1 it was not, 2 the command line or the configuration is wrong.',
  readsConfig: true,
  async run({ values }, env) {
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
})
