import type { ProbeTarget } from '../../src/domain/verdict/probe.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import type { Scene } from '../support/stage-behaviours.ts'

export const guard = outboundGuard({ allow: ['127.0.0.0/8', '::1'], internal: [] })

export const target = ({ url, target: own }: Pick<Scene, 'url' | 'target'>): ProbeTarget => ({
  endpoint: 'orders',
  vantage: 'public',
  url,
  timeout: 10_000,
  ...own,
})
