import type { Sink } from './messages.ts'
import type { Score } from './score.ts'
import type { Story } from './story.ts'

/** What happened and what was sent, in order; then the table by installation. */
export function print(began: number, { told, expected }: Story, sink: Sink, result: Score): void {
  const clock = (at: number): string => `${((at - began) / 1_000).toFixed(0).padStart(5)} s`
  const lines = [
    ...told.map(({ at, what }) => ({ at, text: what })),
    ...sink.texts.map(({ at, receiver, title, text }) => ({
      at,
      text: `→ ${receiver}: ${title}\n${text.trimEnd().replaceAll(/^/gm, '            | ')}`,
    })),
  ].sort((a, b) => a.at - b.at)
  for (const { at, text } of lines) console.log(`${clock(at)}  ${text}`)

  const of = (name: string) => (list: readonly { name: string }[]) =>
    list.filter((it) => it.name.startsWith(`${name}/`)).length
  const rows = [...new Set(expected.map(({ namespace }) => namespace))].map((name) => ({
    installation: name,
    expected: expected.filter(({ namespace }) => namespace === name).length,
    right: result.right.filter(({ namespace }) => namespace === name).length,
    late: result.late.filter((it) => it.expected.namespace === name).length,
    missed: result.missed.filter(({ namespace }) => namespace === name).length,
    false: of(name)(result.wrong),
    repeated: of(name)(result.repeated),
    'false resolved': of(name)(result.falselyResolved),
    'ends announced': new Set(result.resolved.filter((it) => it.name.startsWith(`${name}/`)).map((it) => it.name)).size,
  }))
  console.log()
  console.table(rows)
  const all = (what: string, names: readonly string[]) => {
    if (names.length > 0) console.log(`${what}:\n${names.map((name) => `  ${name}`).join('\n')}`)
  }
  const named = (list: Score['wrong']) => list.map(({ at, receiver, name }) => `${clock(at)} ${name} → ${receiver}`)
  all(
    'Late',
    result.late.map(({ expected: { namespace, endpoint }, took }) => `${namespace}/${endpoint}: ${took / 1_000} s`),
  )
  all(
    'Missed',
    result.missed.map(({ namespace, endpoint, alerts }) => `${namespace}/${endpoint} ${alerts.source}`),
  )
  all('False', named(result.wrong))
  all('Repeated', named(result.repeated))
  all('Falsely resolved', named(result.falselyResolved))
  const messages = sink.messages()
  const family = messages.filter(({ receiver }) => receiver === 'family-pager')
  const known = new Set<string>()
  const pages = family.filter(({ alerts }) => {
    const before = known.size
    for (const { status, labels } of alerts) if (status === 'firing') known.add(labels['endpoint'] ?? '')
    return known.size > before
  })
  const ends = new Set(result.resolved.filter(({ name }) => name.startsWith('shop/family-')).map(({ name }) => name))
  console.log(`Twenty endpoints of one team: in ${pages.length} pages, ${ends.size} ends announced.`)
  const invented = messages.filter(({ alerts }) =>
    alerts.some(({ labels }) => /invented-/.test(labels['endpoint'] ?? '')),
  )
  console.log(`Invented URLs: in ${invented.length} messages.`)
}
