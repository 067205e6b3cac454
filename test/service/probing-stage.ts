import type { ProbeResult, Prober, ProbeTarget } from '../../src/domain/verdict/probe.ts'
import { type ProbedEndpoint, probePlans } from '../../src/service/probe-plans.ts'
import { createProbing, type ProbeRound } from '../../src/service/probing.ts'
import { manualTime } from '../support/manual-time.ts'

export const log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} }

export const read = async () => 'secret'

export const endpoint = (
  name: string,
  probe: Partial<ProbedEndpoint['probe']> = {},
  urls = [`https://${name}.example/`],
) => ({
  name,
  urls,
  probe: { headers: [], timeout: 1_000, onReport: true, ...probe },
})

/** A prober whose probes end when the test says so. */
export function heldProber() {
  const held: { target: ProbeTarget; end: (up?: boolean) => void }[] = []
  let most = 0
  const prober: Prober = {
    probe: (target, { signal } = {}) =>
      new Promise((resolve) => {
        const result = (up: boolean): ProbeResult => ({
          endpoint: target.endpoint,
          vantage: target.vantage,
          url: target.url,
          startedAt: 0,
          up,
          detail: '',
          phases: {},
        })
        const one = {
          target,
          end: (up = true) => {
            held.splice(held.indexOf(one), 1)
            resolve(result(up))
          },
        }
        held.push(one)
        most = Math.max(most, held.length)
        signal?.addEventListener('abort', () => one.end(false))
      }),
  }
  return {
    prober,
    held,
    most: () => most,
    names: () => held.map(({ target }) => target.endpoint),
    endAll: () => {
      for (const one of [...held]) one.end()
    },
  }
}

export function stage(endpoints: readonly ProbedEndpoint[], { random = (): number => 0.5 } = {}) {
  const time = manualTime()
  const probes = heldProber()
  const rounds: ProbeRound[] = []
  const probing = createProbing({
    plans: probePlans(endpoints, read),
    prober: probes.prober,
    log,
    clock: time.clock,
    timers: time.timers,
    random,
  })
  probing.start((round) => void rounds.push(round))
  return { time, probes, rounds, probing }
}
