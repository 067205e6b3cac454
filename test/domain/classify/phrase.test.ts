import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { explainPhrase } from '../../../src/domain/classify/phrase.ts'

describe('npm run phrase', () => {
  it('prints the reading, what matched, what it shadows and what shadows it', () => {
    expect(explainPhrase('lookup shop.example: no such host: Connection refused')).to.equal(
      `words: lookup … no such host connection refused
cause: connection_refused ("connection refused", connect.refused)
matched:
  "no such host", dns.getaddrinfo (dns, reason): shadowed by "connection refused", which stands later
  "connection refused", connect.refused (connection_refused, reason): decides, shadows "no such host"
  "lookup … no … host", meaning.dns (dns, phase): shadowed, a phrase is exact
shadowed by (phrases that contain this text):
  nothing
`,
    )
  })

  it('names the longer phrases that contain the text', () => {
    const text = explainPhrase('not found')
    expect(text).to.match(/"not found", http\.404 \(not_found, phase\): decides\n/)
    expect(text).to.match(/phrases that contain this text\):\n(.*\n)* {2}"host \{2\} not found", dns\.getaddrinfo/)
  })

  it('says so where a number or nothing decides', () => {
    expect(explainPhrase('HTTP 502: connection refused')).to.match(/"connection refused".*: shadowed by a number\n/)
    expect(explainPhrase('xyz')).to.equal(
      'words: xyz\ncause: unknown\nmatched:\n  nothing\nshadowed by (phrases that contain this text):\n  nothing\n',
    )
  })

  it('is a command', () => {
    const file = join(import.meta.dirname, '../../../src/domain/classify/phrase.ts')
    expect(execFileSync(process.execPath, [file, 'gone away'], { encoding: 'utf8' })).to.match(/^words: gone away\n/)
  })
})
