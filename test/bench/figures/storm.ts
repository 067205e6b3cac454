import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure } from '../figure.ts'
import { load } from '../load.ts'
import { BARE } from '../sides.ts'
import { withRunning } from './reports.ts'

const CONNECTIONS = 512
/** Milliseconds: at rest, and after the storm. */
const SETTLED = 3_000
const MINUTE = 60_000

export const storm: Figure = {
  name: 'storm',
  about: `memory under reports of ever new endpoints over ${CONNECTIONS} connections, and a minute later`,
  async measure(side, { seconds }) {
    if (side === BARE) return {}
    return withRunning(side, {}, async ({ port, memory }) => {
      await sleep(SETTLED)
      const before = memory()
      const { rate, errors } = await load({ port, seconds, connections: CONNECTIONS, kind: 'storm' })
      const peak = memory('VmHWM')
      await sleep(MINUTE)
      return {
        'storm: reports per second': rate,
        'storm: peak resident, MiB': peak,
        'storm: resident a minute later, MiB': memory(),
        'storm: that divided by before': memory() / before,
        'storm: socket errors': errors,
      }
    })
  },
}
