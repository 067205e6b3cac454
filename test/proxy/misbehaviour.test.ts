import { expect } from 'chai'
import { startProxyStage } from '../support/proxy-stage.ts'
import { http } from '../support/sockets.ts'
import { until } from '../support/temp.ts'
import { statusesIn } from './hostile-sockets.ts'
import { ACTS, answerTo, SENDS, sendAs } from './misbehaviour.ts'
import { MODES } from './stages.ts'

/** Times that each kind of platform meets each kind of application. */
const ROUNDS = Number(process.env['PROXY_ROUNDS'] ?? 2)
/** Deliveries at once. */
const CLIENTS = 24

describe('platforms and applications that misbehave, all at once', () => {
  for (const retry of MODES)
    it(`get one answer per delivery, the right one, and repeat none that they should not, with ${retry}`, async function () {
      this.timeout(60_000 * ROUNDS)
      const seen = new Map<string, string[]>()
      const app = await http((request, response) => {
        const id = String(request.headers['webhook-id'])
        const attempts = seen.get(id) ?? []
        seen.set(id, [...attempts, String(request.headers['webhook-attempt'] ?? '1')])
        request.on('error', () => {})
        const act = attempts.length === 0 ? id.split('-')[1]! : 'good'
        ACTS[act]!(request, response, id)
      })
      const stage = await startProxyStage({ upstream: `http://127.0.0.1:${app.port}`, retry })
      const port = Number(new URL(stage.origin).port)
      const kinds = Object.keys(SENDS).flatMap((send) => Object.keys(ACTS).map((act) => [send, act] as const))
      const todo = Array.from({ length: ROUNDS }, (_, round) =>
        kinds.map(([send, act]) => ({ send, id: `${send}-${act}-${round}` })),
      )
        .flat()
        .sort(() => Math.random() - 0.5)
      const total = todo.length
      const hangUps = todo.filter(({ send }) => send.startsWith('hangsUp')).length
      const wrong: string[] = []
      const client = async () => {
        for (let next = todo.pop(); next; next = todo.pop()) {
          const text = await sendAs(next.send, next.id, port)
          const statuses = statusesIn(text).filter((status) => status >= 200)
          if (statuses.length > 1) wrong.push(`${next.id}: ${statuses}`)
          const [, other] = /^x-id: (\S+)\r$/im.exec(text) ?? []
          if (other !== undefined && other !== next.id) wrong.push(`${next.id}: answered as ${other}`)
          const isWhole =
            statuses[0] === 200 && /^content-length: /im.test(text) && !/-(tooShort|resetWithin)-/.test(next.id)
          const body = text.slice(text.lastIndexOf('\r\n\r\n') + 4)
          if (
            isWhole &&
            !next.send.startsWith('hangsUp') &&
            ![20, 20_000].some((size) => body === answerTo(next.id, size))
          )
            wrong.push(`${next.id}: ${body.length} bytes ${body.slice(0, 80)}`)
          if (statuses.length === 0 && !/^hangsUp|-(tooShort|resetWithin)-/.test(next.id))
            wrong.push(`${next.id}: ${text}`)
        }
      }
      try {
        await Promise.all(Array.from({ length: CLIENTS }, client))
        await until('no delivery in flight', () => stage.inFlight() === 0)
        expect(wrong).to.deep.equal([])
        expect(stage.faults).to.deep.equal([])
        // One whose platform has hung up before its header was read is none.
        expect(stage.ended.length + stage.others.length, 'deliveries').to.be.within(total - hangUps, total)
        // An attempt that ended before the application read it leaves a gap.
        for (const [id, attempts] of seen)
          if (retry === 'idempotent') expect(attempts, id).to.deep.equal([...new Set(attempts)].sort())
          else expect(attempts, id).to.deep.equal(['1'])
      } finally {
        await stage.stop()
        await app.close()
      }
    })
})
