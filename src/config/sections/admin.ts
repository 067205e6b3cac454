import { Type } from 'typebox'
import { object } from '../../schema-fields.ts'
import { host, port, secret } from '../fields.ts'

export const AdminSection = object(
  {
    host: host('Address of the private listener.'),
    port: port(9464, 'Port of the private listener.'),
    apiToken: Type.Optional(
      secret(
        'Token for the API (as Bearer) and for the pages (also as the password of HTTP Basic, with any user name); at least 32 characters.',
      ),
    ),
    metricsToken: Type.Optional(secret('Bearer token for /metrics; at least 32 characters.')),
    externalUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s?#@]+$',
        maxLength: 2_048,
        examples: ['https://ops.example/webhooks'],
        description: 'URL under which people reach the admin listener, without a password; used in links.',
      }),
    ),
    traceUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s@]+[{]traceId[}][^\\s]*$',
        maxLength: 2_048,
        examples: ['https://tempo.example/trace/{traceId}'],
        description: 'URL of a trace, with {traceId} in place of its id; a failure’s page links to it.',
      }),
    ),
    allowedHosts: Type.Array(
      Type.String({
        pattern: '^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$',
        maxLength: 253,
        description: 'A host name without scheme and port, for example exporter.example.com.',
      }),
      {
        maxItems: 100,
        default: [],
        description:
          'Hosts for which the admin listener answers, besides addresses, names of one label, localhost, names that end in .localhost, .svc or .cluster.local, and the host of externalUrl. Any other Host is answered 421.',
      },
    ),
  },
  'The private listener: metrics, health, API.',
)
