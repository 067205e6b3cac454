import { Type } from 'typebox'
import { strict } from '../../schema-fields.ts'
import { HMAC_KEYS, headerName } from '../../sources/auth/keys.ts'
import { duration, host, port, secret } from '../fields.ts'

const Platform = Type.Object(
  {
    kind: Type.Union([Type.Literal('header'), Type.Literal('hmac'), Type.Literal('standard-webhooks')], {
      default: 'header',
      description:
        'header: the platform sends a secret in a header. hmac, standard-webhooks: it signs the body with a shared secret.',
    }),
    header: Type.Optional(headerName('Header of the secret, or of the HMAC.')),
    ...HMAC_KEYS,
    secrets: Type.Array(secret('A secret that the platform uses, of at least 16 characters.'), {
      minItems: 1,
      maxItems: 10,
      description: 'Secrets that are valid now; two during a rotation.',
    }),
  },
  {
    ...strict,
    description:
      'What only the platform can send. With it, nothing else counts as a delivery: without it, anyone who reaches the port can send what does.',
  },
)

const Route = Type.Object(
  {
    endpoint: Type.String({
      minLength: 1,
      maxLength: 100,
      examples: ['orders'],
      description: 'Name of the endpoint that receives these deliveries, one of `endpoints`.',
    }),
    path: Type.String({
      pattern: '^/([!-"$-)+->@-~]*|([!-"$-)+->@-~]*/)?\\*)$',
      maxLength: 2_048,
      examples: ['/hooks/orders'],
      description:
        'Path of its requests: exact, or with a final /* for everything below, which is no delivery without platform. Routes must not overlap.',
    }),
    upstream: Type.String({
      pattern: '^https?://[^\\s/?#@]+/?$',
      maxLength: 2_048,
      examples: ['http://127.0.0.1:3000'],
      description:
        'The application: scheme, host and port. Method, path, query, Host and body are passed on unchanged.',
    }),
    methods: Type.Array(
      Type.Union(
        (['POST', 'PUT', 'PATCH', 'DELETE', 'GET'] as const).map((method) => Type.Literal(method)),
        { description: 'One of them.' },
      ),
      {
        minItems: 1,
        maxItems: 5,
        uniqueItems: true,
        default: ['POST'],
        description: 'Methods of deliveries. Requests with others pass through and count for nothing.',
      },
    ),
    platform: Type.Optional(Platform),
    patience: duration('1s', '50ms', '1m', 'How late another attempt may begin, from the arrival of the delivery.'),
    retry: Type.Union([Type.Literal('none'), Type.Literal('safe'), Type.Literal('idempotent')], {
      default: 'none',
      description:
        'none: observe only. safe: repeat only what provably never reached the application. idempotent: also repeat what may have reached it; the application must recognise a repeated delivery.',
    }),
    statuses: Type.Array(Type.Integer({ minimum: 400, maximum: 599, description: 'A status such as 429.' }), {
      maxItems: 50,
      default: [],
      description: 'Statuses that are retried in addition to 502, 503 and 504; only with retry: idempotent.',
    }),
    attemptTimeout: Type.Optional(
      duration(
        undefined,
        '10ms',
        '1m',
        'An attempt without a response is given up after this time if another one may still begin; only with retry: idempotent. By default half of patience.',
      ),
    ),
    giveUpAfter: Type.Optional(
      duration(
        undefined,
        '1s',
        '7d',
        'How long after a failed delivery the platform must have given up. If no report has arrived by then, the error webhook itself is broken.',
      ),
    ),
  },
  { ...strict, description: 'Requests to one path, passed on to one application.' },
)

export const ProxySection = Type.Optional(
  Type.Object(
    {
      host: host('Address that receives deliveries.'),
      port: port(8081, 'Port that receives deliveries.'),
      trustedProxies: Type.Array(
        Type.String({
          pattern: '^[0-9A-Fa-f.:]{2,45}(/[0-9]{1,3})?$',
          examples: ['10.0.0.0/8'],
          description: 'An address or a CIDR.',
        }),
        {
          maxItems: 100,
          default: [],
          description:
            'Proxies in front of this one, whose X-Forwarded-*, Forwarded and X-Real-IP headers are passed on. Those of all others are replaced.',
        },
      ),
      routes: Type.Array(Route, { minItems: 1, maxItems: 500, description: 'What is passed on, and to where.' }),
    },
    {
      ...strict,
      description:
        'A reverse proxy in front of your application, see docs/proxy.md. Off by default; other paths are answered 404.',
    },
  ),
)
