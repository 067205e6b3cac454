import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { CAUSES } from '../../../src/domain/cause/cause.ts'
import { classify } from '../../../src/domain/classify/classify.ts'
import { allPhrases } from '../../../src/domain/classify/parsed-message.ts'
import { matchPhrases } from '../../../src/domain/classify/phrases.ts'
import { ROWS } from '../../../src/domain/classify/rows.ts'
import { words } from '../../../src/domain/classify/words.ts'
import { samples } from '../../corpus/corpus.ts'
import { removeTempFolders, tempFolder } from '../../support/temp.ts'

/** Microseconds of one call: the least of several rounds, so that a busy machine disturbs little. */
function cost(message: string, calls: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 7; round++) {
    const start = process.hrtime.bigint()
    for (let call = 0; call < calls; call++) classify({ code: 0, message })
    least = Math.min(least, Number(process.hrtime.bigint() - start) / calls / 1_000)
  }
  return least
}

const phrases = ROWS.flatMap((row) => row.phrases ?? [])
/** What a text could be pumped with to make it slow: words with many phrases or meanings, and what the tokenizer looks at. */
const pumps = [
  'no',
  'not',
  'security',
  'a',
  'aB',
  'A',
  "a'",
  'a-',
  'host="a',
  'a:80',
  '连接',
  '.',
  ' -',
  '"',
  '1s',
  '/',
  'https://',
  'x.y',
  '404',
  'curl error',
  'certificate certificate not',
  '\u0301',
  '\ufdfa',
  'İ',
  '('.repeat(3),
]

interface Footprint {
  readonly importMs: number
  readonly firstMs: number
  readonly importMiB: number
  readonly allMiB: number
}

/** What importing the classifier and reading a first message cost a process that has modules and JSON loaded already. */
function footprint(cache: string): Footprint {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', '--max-semi-space-size=8', join(import.meta.dirname, '../../support/classifier-footprint.ts')],
    { encoding: 'utf8', env: { ...process.env, NODE_COMPILE_CACHE: cache } },
  )
  expect(stderr).to.equal('')
  return JSON.parse(stdout) as Footprint
}

describe('the classifier in a process', () => {
  after(removeTempFolders)

  it('takes at most 6 MiB with its first message', function () {
    this.timeout(60_000)
    const cache = tempFolder()
    footprint(cache)
    const { importMs, firstMs, allMiB } = footprint(cache)
    console.log(
      `      load + first message, resident: ${importMs.toFixed(1)} + ${firstMs.toFixed(1)} ms, ${allMiB.toFixed(1)} MiB`,
    )
    expect(allMiB).to.be.at.most(6)
  })
})

describe('classify(report) on any input', () => {
  it('never throws, is one of the causes, and says the same again', () => {
    const word = fc.constantFrom(...phrases.flatMap((phrase) => phrase.split(/[ |]/)))
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.oneof(word, fc.string({ maxLength: 8 }), fc.integer().map(String)), { maxLength: 60 })
        .map((list) => list.join(' ')),
    )
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.double()), text, (code, message) => {
        const classification = classify({ code, message })
        expect(CAUSES).to.include(classification.cause)
        expect(classification.evidence.length).to.be.at.most(4)
        expect(classify({ code, message })).to.deep.equal(classification)
      }),
      { numRuns: 3_000 },
    )
  })

  it('reads a bounded part of a text of any length: 1 MiB costs what 8 KiB cost', () => {
    for (const pump of ['connection refused ', 'certificate ', 'a ']) {
      const long = words(pump.repeat(100_000)).texts.length
      expect(long).to.be.at.most(words(pump.repeat(8_192 / pump.length)).texts.length + 4)
      expect(long).to.be.at.most(4_200)
    }
  })

  it('finds the innermost error at the end of a long stack trace', () => {
    const frames = '\n\tat com.example.Sender.deliver(Sender.java:503)'.repeat(1_000)
    const message = `java.lang.RuntimeException: x${frames}\nCaused by: java.net.UnknownHostException: shop.example`
    expect(classify({ code: 0, message }).cause).to.equal('dns')
  })

  it('grows linearly with the text, whatever is pumped, with spaces between or without', function () {
    this.timeout(60_000)
    for (const pump of pumps.flatMap((each) => [each, `${each} `])) {
      const short = pump.repeat(Math.ceil(1_000 / pump.length))
      const long = pump.repeat(Math.ceil(4_000 / pump.length))
      // Four times the text: 4 if linear, 16 if quadratic. A busy machine spoils one measurement, not every one.
      let growth = Number.POSITIVE_INFINITY
      for (let attempt = 0; attempt < 6 && growth >= 10; attempt++)
        growth = Math.min(growth, cost(long, 5) / Math.max(cost(short, 20), 1))
      expect(growth, JSON.stringify(pump)).to.be.below(10)
    }
  })

  it('compares each word a bounded number of times with phrases, whatever phrase is pumped', () => {
    /** How often each word of a text is looked at, on average. */
    const looks = (texts: readonly string[]) => {
      let count = 0
      const counted = new Proxy(texts, {
        get: (target, name) => {
          count++
          return Reflect.get(target, name)
        },
      })
      matchPhrases(allPhrases(), counted)
      return count / texts.length
    }
    for (const phrase of phrases.filter((each) => each.includes('{'))) {
      const read = phrase.split(' ').filter((part) => !part.startsWith('{'))
      for (const pump of [read.map((part) => part.split('|')[0]!), read[0]!.split('|')]) {
        const pumped = (length: number) =>
          words(Array.from({ length }, (_, at) => pump[at % pump.length]!).join(' ')).texts
        const short = looks(pumped(100))
        expect(looks(pumped(600)), phrase).to.be.below(1.2 * short)
        expect(short, phrase).to.be.below(400)
      }
    }
  })

  it('prints what it costs', function () {
    this.timeout(60_000)
    const list = samples('tuned')
    for (const { message } of list) classify({ code: 0, message })
    const start = process.hrtime.bigint()
    for (let round = 0; round < 20; round++) for (const { message } of list) classify({ code: 0, message })
    const typical = Number(process.hrtime.bigint() - start) / 1_000 / 20 / list.length
    const worst = pumps
      .map((pump) => ({ pump, micros: cost(`${pump} `.repeat(8_192).slice(0, 8_192), 5) }))
      .reduce((most, next) => (next.micros > most.micros ? next : most))
    console.log(
      `      ${typical.toFixed(1)} µs a message of the corpus; ${worst.micros.toFixed(0)} µs for the worst 8 KiB (${JSON.stringify(worst.pump)} pumped)`,
    )
  })
})
