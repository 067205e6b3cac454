import { object } from '../../schema-fields.ts'
import { duration, host, port, size } from '../fields.ts'

export const IngestSection = object(
  {
    host: host('Address that receives reports.'),
    port: port(8080, 'Port that receives reports.'),
    bodyLimit: size('64KiB', '1KiB', '1MiB', 'Largest report accepted.'),
    answerTimeout: duration('900ms', '10ms', '1m', 'A report that is not known to be durable by then is answered 503.'),
    keepAliveTimeout: duration(
      '75s',
      '1s',
      '1d',
      'How long an idle connection stays open. Keep it above the idle timeout of the proxy in front, see docs/proxies.md.',
    ),
  },
  'The listener that the platform reaches.',
)
