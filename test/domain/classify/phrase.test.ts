import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { explainPhrase } from '../../../src/domain/classify/phrase.ts'

describe('npm run phrase', () => {
  it('prints the reading, what matched, and what decides', () => {
    expect(explainPhrase('lookup shop.example: no such host: Connection refused')).to.equal(
      `words: lookup … no such host connection refused
cause: connection_refused ("connection refused", connect.refused)
matched:
  "no such host", dns.getaddrinfo (dns, reason)
  "connection refused", connect.refused (connection_refused, reason): decides
  "lookup … no … host", meaning.dns (dns, phase)
`,
    )
    expect(explainPhrase('HTTP 502: connection refused')).to.match(
      /cause: unavailable \("http 502", number.http\)\nmatched:\n.*refused, reason\)\n/,
    )
  })

  it('marks what a longer phrase covers, and says so where nothing matches', () => {
    expect(explainPhrase('server not found')).to.match(/"not found", http\.404 .*: inside a longer phrase\n/)
    expect(explainPhrase('xyz')).to.equal('words: xyz\ncause: unknown\nmatched:\n  nothing\n')
  })

  it('is a command', () => {
    const file = join(import.meta.dirname, '../../../src/domain/classify/phrase.ts')
    expect(execFileSync(process.execPath, [file, 'gone away'], { encoding: 'utf8' })).to.match(/^words: gone away\n/)
  })
})
