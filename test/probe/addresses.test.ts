import { createServer } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import { createProber } from '../../src/probe/prober.ts'
import { authority } from '../support/certificates.ts'
import { blackHole, delay, http, listening, rawTls } from '../support/sockets.ts'
import { SHOP } from '../support/stage.ts'
import { status } from '../support/stage-behaviours.ts'
import { guard, target } from './target.ts'

describe('probe()', () => {
  it('looks a name up once, whatever it does afterwards', async () => {
    const server = await http((_, response) => response.writeHead(404).end())
    const answers = [['127.0.0.1'], ['169.254.169.254'], ['169.254.169.254']]
    let asked = 0
    const lookup = async () => answers[asked++]!
    const url = `http://rebinding.example:${server.port}/`
    const result = await createProber({ client: createOutboundClient({ guard, lookup }) }).probe(target({ url }))
    expect(result).to.include({ up: true, pathUnproven: true, address: '127.0.0.1' })
    expect([asked, server.accepted()]).to.deep.equal([1, 2])
    await server.close()
  })

  it('tries only the permitted ones of a name’s addresses', async () => {
    const server = await http((_, response) => response.end())
    const narrow = outboundGuard({ allow: ['127.0.0.1'], internal: [] })
    const lookup = async () => ['127.0.0.2', '169.254.169.254', '127.0.0.1']
    const url = `http://several.example:${server.port}/`
    const result = await createProber({ client: createOutboundClient({ guard: narrow, lookup }) }).probe(
      target({ url }),
    )
    expect(result).to.include({ up: true, address: '127.0.0.1' })
    await server.close()
  })

  it('goes on to the next address while one swallows connections, and gives that one up', async () => {
    const hole = await blackHole()
    const server = await listening(createServer(status(200)), '127.0.0.2', hole.port)
    const waiting = () => process.getActiveResourcesInfo().filter((kind) => kind.endsWith('ConnectWrap')).length
    const before = waiting()
    const lookup = async () => ['127.0.0.1', '127.0.0.2']
    const url = `http://two.example:${hole.port}/`
    const result = await createProber({ client: createOutboundClient({ guard, lookup }) }).probe(target({ url }))
    expect(result).to.include({ up: true, address: '127.0.0.2' })
    await delay(50)
    expect(waiting()).to.equal(before)
    await Promise.all([hole.close(), server.close()])
  })

  it('names the host in SNI, without the root’s dot, and no address', async () => {
    const names: (string | false | null)[] = []
    const root = await authority('Root')
    const server = await rawTls(await root.issue({ names: [SHOP], addresses: ['127.0.0.1'] }), (socket) => {
      names.push((socket as TLSSocket).servername)
      socket.end('HTTP/1.1 204 Yes\r\n\r\n')
    })
    for (const host of [SHOP, `${SHOP}.`, '127.0.0.1']) {
      const url = `https://${host}:${server.port}/`
      const lookup = async () => ['127.0.0.1']
      const result = await createProber({ client: createOutboundClient({ guard, lookup }) }).probe(
        target({ url, target: { ca: root.cert } }),
      )
      expect(result, host).to.include({ up: true })
    }
    expect(names).to.deep.equal([SHOP, SHOP, false])
    await server.close()
  })
})
