import { Type } from 'typebox'
import { object, path, strict, variable } from '../../schema-fields.ts'
import { duration, probeUrl } from '../fields.ts'

export const ProbeSection = object(
  {
    url: Type.Optional(
      probeUrl(
        'URL to probe, as the platform reaches it. By default the only entry of `urls`, if it is exact.',
        'https://shop.example/hooks/orders',
      ),
    ),
    internalUrl: Type.Optional(
      probeUrl(
        'URL of the application behind it, probed as well: while it is down, good probes of the public path close no incident. Naming it permits that host and port, even if private, but never link-local or metadata addresses.',
        'http://shop.shop.svc/hooks/orders',
      ),
    ),
    interval: Type.Optional(
      duration(
        undefined,
        '10s',
        '1d',
        'Time between scheduled probes. Without it only failures and open incidents cause probes.',
      ),
    ),
    method: Type.Optional(
      Type.Union([Type.Literal('HEAD'), Type.Literal('OPTIONS'), Type.Literal('GET')], {
        description:
          'Only this method. By default HEAD, then GET if HEAD is answered 405 or 5xx, or OPTIONS if it is answered 404.',
      }),
    ),
    expect: Type.Optional(
      Type.Array(
        Type.Union(
          [Type.Integer({ minimum: 100, maximum: 599 }), Type.String({ pattern: '^[1-5]xx$', examples: ['2xx'] })],
          {
            description: 'A status such as 204, or a class such as 2xx.',
          },
        ),
        {
          minItems: 1,
          maxItems: 50,
          description:
            'The only statuses that count as up. By default 2xx and 4xx, except 407, 408, 410, 429 (and 404 to a configured method).',
        },
      ),
    ),
    headers: Type.Array(
      Type.Object(
        {
          name: Type.String({
            examples: ['Authorization'],
            pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$",
            description: 'Name of the request header.',
          }),
          file: Type.Optional(path('File that holds its value; white space at its ends is ignored.')),
          env: Type.Optional(variable),
        },
        {
          ...strict,
          minProperties: 2,
          maxProperties: 2,
          description: 'One header; its value from either file or env.',
        },
      ),
      { maxItems: 20, default: [], description: 'Headers sent with each probe.' },
    ),
    caFile: Type.Optional(
      path('PEM file of the certificate authorities to trust, instead of the system’s.', '/etc/ssl/ca.pem'),
    ),
    certFile: Type.Optional(path('PEM file of the client certificate.', '/secrets/tls/tls.crt')),
    keyFile: Type.Optional(path('PEM file of the client certificate’s private key.', '/secrets/tls/tls.key')),
    timeout: duration('10s', '100ms', '1m', 'Timeout of a whole probe, from name resolution to the answer.'),
    onReport: Type.Boolean({
      default: true,
      description: 'Whether a failure of the endpoint causes a probe, at most one every ten seconds.',
    }),
  },
  'How the endpoint is probed. A probe never sends a POST.',
)
