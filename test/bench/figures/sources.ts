import type { Figure, Rows } from '../figure.ts'
import { BARE } from '../sides.ts'
import { fullLoad, withRunning } from './reports.ts'

const KINDS = {
  generic: {
    auth: 'none',
    map: {
      type: '/event',
      lost: ['failed'],
      id: '/id',
      endpoint: '/data/url',
      code: '/data/status',
      message: '/data/error',
    },
  },
  knative: {},
} as const

export const sources: Figure = {
  name: 'sources',
  about: 'the same reports from other kinds of source, at full load; bare Koa takes them on its one path',
  async measure(side, settings) {
    const rows: Record<string, number> = {}
    for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
      const path = side === BARE ? '/webhooks/error' : `/webhooks/${kind}`
      const measured = await withRunning(side, { config: { sources: { [kind]: KINDS[kind] } } }, async (running) => {
        const { load, cpu } = await fullLoad(running, settings, { kind, path })
        return { [`${kind}: reports per second`]: load.rate, [`${kind}: processor time per report, µs`]: cpu } as Rows
      })
      Object.assign(rows, measured)
    }
    return rows
  },
}
