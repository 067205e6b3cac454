import Router from '@koa/router'
import Koa from 'koa'

/**
 * The other side of the benchmark: Koa and its router that answer 202 with nothing behind. Prints its port. Plain JavaScript,
 * since stripping types would cost it 15 MiB.
 */
const router = new Router()
router.post('/webhooks/error', (ctx) => {
  ctx.status = 202
  ctx.body = { id: '00000000-0000-7000-8000-000000000000' }
})
const server = new Koa().use(router.routes()).listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port }))
})
