import { Type } from 'typebox'
import { object } from '../../schema-fields.ts'
import { probeUrl } from '../fields.ts'

export const OutboundSection = object(
  {
    allow: Type.Array(
      Type.String({
        minLength: 1,
        maxLength: 300,
        examples: ['10.0.0.0/8'],
        description: 'An address, a network such as 10.0.0.0/8, a host name, address:port, or host:port.',
      }),
      {
        maxItems: 1_000,
        default: [],
        description:
          'Addresses to permit although they are not public. A metadata service needs its exact address here, a link-local address a network within 169.254.0.0/16 or fe80::/10.',
      },
    ),
    reference: Type.Optional(
      probeUrl(
        'A URL outside that answers reliably, reached the same way as the endpoints. It is requested (HEAD) only when a probe resolved or reached nothing and nothing else outside answered in the last 3 minutes, at most every 15 seconds: if it answers, the probe counts against the endpoint, and otherwise this receiver has no egress. With a single endpoint nothing else can tell. Naming it permits that host and port.',
        'https://status.example/',
      ),
    ),
  },
  'Where outgoing requests may connect to besides public addresses, and how this receiver knows that it has egress.',
)
