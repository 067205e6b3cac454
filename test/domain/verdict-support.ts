import type { Cause } from '../../src/domain/cause/cause.ts'
import type { ProbeResult, Vantage } from '../../src/domain/verdict/probe.ts'
import { judge, type Verdict } from '../../src/domain/verdict/verdict.ts'

export const AT = Date.parse('2026-11-24T02:51:00Z')

export const URL_OF_SHOP = 'https://shop.example/hooks'

export const down = (cause: Cause, more: Partial<ProbeResult> = {}): ProbeResult => ({
  endpoint: 'orders',
  vantage: 'public',
  url: URL_OF_SHOP,
  startedAt: AT,
  up: false,
  cause,
  phase: 'http',
  detail: 'it failed',
  phases: { resolve: 1, connect: 2, http: 37 },
  ...more,
})

export const up = (vantage: Vantage = 'public', more: Partial<ProbeResult> = {}): ProbeResult => {
  const { cause: _, phase: __, ...rest } = down('unknown')
  return { ...rest, vantage, up: true, status: 200, detail: 'it answers 200', ...more }
}

export const read = (cause: Cause | null, outside?: ProbeResult, inside?: ProbeResult, code = 0): Verdict =>
  judge({
    at: AT,
    endpoint: 'orders',
    url: URL_OF_SHOP,
    report: cause && { at: AT - 1_000, code, cause },
    public: outside,
    internal: inside,
  })
