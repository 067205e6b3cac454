import { join } from 'node:path'
import { expect } from 'chai'
import { runInNamespace } from '../support/network-namespace.ts'
import { ROWS } from './retry-rows.ts'
import type { Outcome, Scene } from './retry-table-stage.ts'
import { MODES } from './stages.ts'

const answered = (status: number, code: string, retries = ''): Outcome => ({
  status,
  isAtOnce: true,
  requests: [''],
  retries,
  attempts: `${code} 1`,
})
const passedOn = (status: number, retries = '') => answered(status, `${status}`, retries)
/** The second attempt succeeded. */
const repeated = (first: string, reason: string): Outcome => ({
  ...answered(200, `200 1, ${first}`, `${reason} saved 1`),
  requests: ['', '2'],
})
const all = (outcome: Outcome) => [outcome, outcome, outcome]
const onlyIdempotent = (otherwise: Outcome, first: string, reason: string) => [
  otherwise,
  otherwise,
  repeated(first, reason),
]

const unreachable: Outcome = { ...answered(502, 'connect', 'connect not_allowed 1'), requests: [] }
const waited: Outcome = { ...answered(200, '200 1, connect', 'connect saved 1'), isAtOnce: false }
const NOT_REACHED = [unreachable, waited, waited]

/** docs/proxy.md, row by row: with `none`, `safe` and `idempotent`. */
const EXPECTED: Readonly<Record<string, readonly Outcome[]>> = {
  'the name does not resolve': NOT_REACHED,
  'the name server does not answer': NOT_REACHED,
  'the connection is refused': NOT_REACHED,
  'the host is unreachable': NOT_REACHED,
  // The first attempt succeeds once the network is back.
  'packets get lost': all({ ...passedOn(200), isAtOnce: false }),
  'the certificate is for another name': NOT_REACHED,
  'the TLS handshake breaks off': NOT_REACHED,
  'its IPv6 address refuses, its IPv4 address does not': all(passedOn(200)),
  'packets to one of its addresses get lost': all(passedOn(200)),
  'an IPv6 address': all(passedOn(200)),
  'a certificate for an address': all(passedOn(200)),
  'the connection was closed while idle': all({ ...passedOn(200), requests: ['', ''], attempts: '200 2' }),
  'a reset before the response': onlyIdempotent(answered(502, 'reset', 'reset not_allowed 1'), 'reset', 'reset'),
  'an end before the response': onlyIdempotent(answered(502, 'reset', 'reset not_allowed 1'), 'reset', 'reset'),
  'no response in time': onlyIdempotent(passedOn(200), 'timeout', 'timeout'),
  '502': onlyIdempotent(passedOn(502, 'status not_allowed 1'), '502', 'status'),
  '503': onlyIdempotent(passedOn(503, 'status not_allowed 1'), '503', 'status'),
  '504': onlyIdempotent(passedOn(504, 'status not_allowed 1'), '504', 'status'),
  'a listed status': onlyIdempotent(passedOn(429), '429', 'status'),
  'another status': all(passedOn(500)),
  'part of a header': all(answered(502, 'protocol')),
  'bytes that are not HTTP': all(answered(502, 'protocol')),
  'a response that breaks off': all(answered(0, 'incomplete')),
}

describe('the table of retries, with one real server per row', function () {
  this.timeout(120_000)
  let scene: Scene
  before(async function () {
    expect(EXPECTED).to.include.all.keys(Object.keys(ROWS))
    scene = await runInNamespace<Scene>(this, join(import.meta.dirname, 'retry-table-stage.ts'))
  })

  for (const [row, outcomes] of Object.entries(EXPECTED))
    for (const [index, retry] of MODES.entries())
      it(`${row}, with ${retry}: ${outcomes[index]!.status} after ${outcomes[index]!.requests.length} requests`, function () {
        // Only IPv6 may be missing.
        if (!scene.table[row] && row.includes('IPv6')) this.skip()
        expect(scene.table[row]![retry]).to.deep.equal(outcomes[index])
      })

  it('is not held up by look-ups of another name that hang', () => expect(scene.heldUpBy).to.equal(0))
})
