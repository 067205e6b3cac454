import { TWILIO_URL } from './signing.ts'

const secrets = (env: string) => ({ secrets: [{ env }] })

/** One source of each kind, by its name. */
export const SENDERS = {
  sources: {
    outpost: secrets('OUTPOST'),
    convoy: secrets('CONVOY'),
    svix: secrets('SVIX'),
    'standard-webhooks': secrets('STANDARD'),
    pubsub: { auth: 'none' },
    knative: {},
    twilio: { ...secrets('TWILIO'), url: TWILIO_URL },
    generic: {
      trusted: true,
      tokens: [{ tenant: 'shop', env: 'GENERIC' }],
      map: {
        type: '/kind',
        lost: ['hook.failed'],
        failing: ['hook.failing'],
        recovered: ['hook.recovered'],
        delivered: ['hook.sent'],
        id: '/key',
        endpoint: '/data/url',
        code: '/data/http',
        message: '/data/why',
        tenant: '/data/merchant',
      },
    },
  },
  endpoints: [
    { name: 'orders', urls: ['https://shop.example/hooks/orders'] },
    { name: 'outpost endpoint', refs: ['outpost:des_456'] },
    { name: 'svix endpoint', refs: ['svix:ep_1'] },
    { name: 'knative orders', urls: ['http://orders.shop.svc.cluster.local:3000/mypath'] },
  ],
}
