import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { CAUSES, type Cause } from '../../../src/domain/cause/cause.ts'
import { classify } from '../../../src/domain/classify/classify.ts'
import { originKey, partOf, type Sample, samples, score, table } from '../../corpus/corpus.ts'

/**
 * Rules were tuned on the first part. Each later part was collected from other projects, and its first score, before
 * any rule had been changed for it, is the only one that tells how the rules do on messages that nobody has tuned
 * for; afterwards they were made more general for what it had missed, so that the score of today is that of a part
 * tuned on. `wide` and `proof` were collected from clients, languages, proxies and platforms of which the earlier parts
 * have little; `unseen`, `closing` and `blind` from delivery logs, monitors and gateways, most of it in the words of
 * people; `manuals` and `codes` from tables in which documentation tells what an error means. From `monitors` on the rules
 * read ideas as well as phrases: `sources` are texts in the sources of applications, `languages` those of browsers and
 * applications in other languages, `guides`, `statuses` and `devices` what manuals, courses and devices' interfaces say,
 * `answers` what receivers answer, `issues` and `pages` what general searches for failed webhooks found first; `shops`,
 * `homes` and `tools` are of shops and payment plug-ins, home automation and self-hosted tools, most of the first two in
 * other languages than English. `opened` and `kept` are the two halves, by project, of one set that was collected and
 * labelled, twice, by someone who had never seen the rules: `opened` was measured once before `shops` (four of its 182,
 * right at the first look, belong to earlier looks: without them it was 0.943, 168 of 178), and `kept` once at the end. What
 * of `kept` was of a project or had a text that another look had found meanwhile was left out. No row has been changed
 * for one of its messages since: it decided which of two tiers of general rows stays, and, when the rows were halved, one
 * cause of error was looked up in it (of `tls` a message had become `blocked`), not its text. `outside` was collected after that, from 110 projects, by someone who
 * had not seen the rules either, and who left out what the corpus had: common wordings are rare in it. With 30 messages of
 * projects that other parts have, left out since, the first look was 0.924, 139 of 150. `strings` was
 * collected likewise, mostly from source code and documentation, after four rows had been added for `outside`: 0.960,
 * 144 of 150 with the 15 of projects that other parts have. `mixed` is of many clients and languages, by someone who had not
 * seen the rules; `held` was collected after the rules had been changed for it, and measured once.
 */
const FIRST: Readonly<Record<string, string>> = {
  fresh: '0.934, 163 of 178',
  final: '0.927, 126 of 141',
  sealed: '0.981, 35 of 37',
  wide: '0.922, 83 of 90',
  proof: '0.835, 83 of 98',
  last: '0.969, 42 of 45',
  unseen: '0.899, 180 of 202',
  closing: '0.912, 78 of 85',
  blind: '0.903, 63 of 70',
  manuals: '0.801, 57 of 72',
  codes: '0.789, 44 of 54',
  monitors: '0.776, 45 of 57',
  sources: '0.870, 44 of 53',
  languages: '0.793, 54 of 69',
  guides: '0.842, 30 of 35',
  statuses: '0.938, 39 of 44',
  devices: '0.726, 36 of 45',
  answers: '0.884, 41 of 52',
  issues: '0.952, 31 of 33',
  pages: '0.947, 22 of 24',
  opened: '0.945, 172 of 182',
  shops: '0.856, 32 of 39',
  homes: '0.844, 35 of 43',
  tools: '0.975, 19 of 20',
  kept: '0.984, 93 of 95',
  outside: '0.923, 112 of 120',
  strings: '0.953, 129 of 135',
  mixed: '0.865, 99 of 110',
  held: '0.909, 27 of 30',
}

const tuned = samples('tuned')
const looks = samples('looks')
const PARTS: readonly { readonly name: string; readonly list: readonly Sample[]; readonly first: string }[] = [
  { name: 'tune', list: tuned.filter((sample) => partOf(sample) === 'tune'), first: 'tuned on' },
  { name: 'held-out', list: tuned.filter((sample) => partOf(sample) === 'held-out'), first: '0.934, 246 of 275' },
  ...Object.entries(FIRST).map(([name, first]) => ({ name, list: looks.filter(({ look }) => look === name), first })),
]
const all = PARTS.flatMap(({ list }) => list)

describe('classify() on real messages', () => {
  it('has a corpus of at least 400, each once, with an origin and a cause, each project in one part', () => {
    expect(all.length).to.be.at.least(400)
    expect(all.length, 'of a look that is listed').to.equal(tuned.length + looks.length)
    expect(new Set(all.map(({ code, message }) => `${code} ${message}`)).size).to.equal(all.length)
    const partOfProject = new Map<string, string>()
    for (const { name, list } of PARTS)
      for (const { cause, origin } of list) {
        expect(CAUSES).to.include(cause)
        const project = originKey(origin)
        expect(project).to.match(/^[\w.-]+(\/[\w.-]+)?$/)
        expect(partOfProject.get(project) ?? name, project).to.equal(name)
        partOfProject.set(project, name)
      }
  })

  const recall = (list: readonly Sample[]) => score(list, ({ code = 0, message }) => classify({ code, message }).cause)

  it('reports the recall on every part, of which most were tuned on', () => {
    for (const { name, list, first } of PARTS) {
      const result = recall(list)
      console.log(
        `      ${name}: macro recall ${result.macroRecall.toFixed(3)}, ${result.right} of ${result.total} right (first look: ${first})`,
      )
    }
    const result = recall(all)
    console.log(
      `      all: macro recall ${result.macroRecall.toFixed(3)}, ${result.right} of ${result.total} right\n${table(result).replaceAll(/^/gm, '      ')}`,
    )
    expect(result.macroRecall).to.be.at.least(0.98)
  })

  it('has a macro-averaged recall of at least 0.98 on the part that was never tuned on', () => {
    expect(recall(PARTS.find(({ name }) => name === 'kept')!.list).macroRecall).to.be.at.least(0.98)
  })

  it('reads what clients, servers and proxies themselves say: curl, OpenSSL, Node, Go, Java, .NET, Python, Ruby, PHP, Rust, nginx, Envoy', () => {
    const file = readFileSync(new URL('../../corpus/programs.json', import.meta.url), 'utf8')
    const programs = JSON.parse(file) as Record<Cause, readonly string[]>
    const wrong = Object.entries(programs).flatMap(([cause, messages]) =>
      messages.filter((message) => classify({ code: 0, message }).cause !== cause),
    )
    expect(wrong.length, wrong.join('\n')).to.be.at.most(2)
  })
})
