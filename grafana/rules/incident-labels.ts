import { CAUSES } from '../../src/domain/cause.ts'
import { causeOf, REMEDY_IDS } from '../../src/domain/remedies/remedy.ts'
import { ALL_RULES } from '../../src/domain/verdict.ts'
import { REPORTED, UP_HINTS } from '../../src/domain/verdict-words.ts'
import { indent } from './promql.ts'

/**
 * What the texts of an incident's alert are made from comes with its expression as labels, and its rule removes them again
 * (an empty label of a rule deletes it): values that change during an incident must not be part of the alert's identity,
 * and a query per annotation and endpoint would cost thousands of queries when everything fails.
 */
export const without = (...labels: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(labels.map((label) => [label, '']))

/** A label made from another one: [label, value, from, pattern]. A later one replaces an earlier one where its pattern matches. */
type Made = readonly [label: string, value: string, from: string, pattern: string]

const HOST = '(\\[[^]]*\\]|[^/:]+)'
/** Where the incident's URL points to. */
const ADDRESS: readonly Made[] = [
  ['host', '$1', 'url', `https?://${HOST}.*`],
  ['port', '443', 'url', 'https://.*'],
  ['port', '80', 'url', 'http://.*'],
  ['port', '$2', 'url', `https?://${HOST}:([0-9]+).*`],
]
const literal = (text: string): string => text.replaceAll('$', '$$$$')
/** What the platform reported, from `CAUSE CODE`: its message would be an unbounded label. */
const PLATFORM: readonly Made[] = CAUSES.map((cause) => [
  'platform',
  `The platform saw ${literal(REPORTED[cause])} (code $1).`,
  'reported',
  `${cause} (.*)`,
])
const HINT: readonly Made[] = [...Map.groupBy(REMEDY_IDS, (id) => UP_HINTS[causeOf(id)])].map(([hint, ids]) => [
  'hint',
  literal(hint),
  'remedy',
  ids.join('|'),
])
export const NOT_PROBED = 'Not probed yet.'
/** What report and probe say together, from `RULE HINT`. */
const VERDICT: readonly Made[] = [
  ...ALL_RULES.map(
    ({ id, brief }): Made => ['verdict', literal(brief).replace('{hint}', '$1'), 'ruling', `${id} (.*)`],
  ),
  ['verdict', NOT_PROBED, 'ruling', 'none .*'],
]
/** What only other labels were made from. */
const REMOVED: readonly Made[] = ['reported', 'hint', 'ruling'].map((label) => [label, '', label, '.*'])

const make = (expr: string, made: readonly Made[]): string =>
  `${'label_replace(\n'.repeat(made.length)}${indent(expr)}\n${made.map((it) => `, ${it.map((text) => JSON.stringify(text)).join(', ')})`).join('\n')}`

/**
 * Adds `host`, `port`, `platform` and `verdict`, from details of the report and the verdict. A template is parsed anew
 * for each alert and evaluation, so that choosing these texts there would take Prometheus many times longer.
 */
export const withMadeLabels = (expr: string): string =>
  make(
    `label_join(
${indent(make(expr, [...ADDRESS, ...PLATFORM, ...HINT]))},
  "ruling", " ", "rule", "hint"
)`,
    [...VERDICT, ...REMOVED],
  )
