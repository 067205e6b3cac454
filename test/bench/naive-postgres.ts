import Router from '@koa/router'
import Koa from 'koa'
import pg from 'pg'
import { failureIds } from '../../src/domain/report/failure.ts'
import { NAIVE_TABLE } from './naive-table.ts'

/**
 * The other side of the PostgreSQL benchmark: what one writes first. One INSERT a report, through the driver's pool with
 * its default of ten connections, into a table with the same columns and indexes as the journal's. Prints its port.
 */
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: Number(process.env['POOL'] ?? 10) })
for (const statement of NAIVE_TABLE) await pool.query(statement)

const newId = failureIds()
const router = new Router()
router.post('/webhooks/error', async (ctx) => {
  const chunks: Buffer[] = []
  for await (const chunk of ctx.req) chunks.push(chunk as Buffer)
  const raw = Buffer.concat(chunks)
  const { code, endpoint, message } = JSON.parse(raw.toString()) as { code: number; endpoint: string; message: string }
  const id = newId(Date.now())
  await pool.query(
    `INSERT INTO naive (id, received_at, source, tenant, endpoint, url, code, cause, message, raw)
     VALUES ($1, $2, 'retm', '', $3, $3, $4, 'unknown', $5, $6)`,
    [id, Date.now(), endpoint, code, message, raw],
  )
  ctx.status = 202
  ctx.body = { id }
})
const server = new Koa().use(router.routes()).listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (server.address() as { port: number }).port }))
})
