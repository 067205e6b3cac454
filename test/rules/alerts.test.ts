import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { GROUPS, RULE_FILES } from '../../grafana/rules/groups.ts'
import { alertsOf } from '../../grafana/rules/model.ts'
import { removeTempFolders } from '../support/temp.ts'
import { CASES, type Case, oneBefore } from './cases.ts'
import { type Expectation, firing, needed, RULES, run, unitTest } from './promtool.ts'
import { STEP, seconds } from './series.ts'

const alerts = alertsOf(GROUPS)
const fileWith = (alert: string): string =>
  GROUPS.find((group) => alertsOf([group]).some((rule) => rule.alert === alert))!.file

/** Burn-rate alerts see recordings of the endpoints. */
const ALONE = new Set(['endpoints.yaml', 'receiver.yaml'])

interface RenderedRule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
}

describe('promtool check rules', function () {
  this.timeout(60_000)

  for (const name of RULE_FILES.keys()) {
    it(`finds nothing in ${name} with every lint`, async function () {
      const args = ['check', 'rules', '--lint=all', '--lint-fatal', `${RULES}/${name}`]
      const { code, text } = await run(this, 'promtool', args)
      expect(code, text).to.equal(0)
    })
  }
})

describe('the expression of a rule', () => {
  const rules = [...RULE_FILES.keys()].flatMap((name) =>
    (parse(readFileSync(join(RULES, name), 'utf8')) as { groups: { rules: RenderedRule[] }[] }).groups.flatMap(
      (group) => group.rules,
    ),
  )

  it('has at most 12 lines of 120 characters, for those who read it at night', () => {
    const long = rules.flatMap(({ alert, record, expr }) => {
      const lines = expr.trim().split('\n')
      const count = lines.reduce((sum, line) => sum + Math.ceil(line.trim().length / 120), 0)
      return count > 12 ? [`${alert ?? record}: ${count}`] : []
    })
    expect(long).to.deep.equal([])
  })

  it('nests label_replace and label_join at most twice, and makes no label of a value', () => {
    const deep = rules.flatMap(({ alert, record, expr }) => {
      let depth = 0
      const open: boolean[] = []
      for (const [token] of expr.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').matchAll(/\w*\(|\)/g)) {
        if (token === ')') open.pop()
        else open.push(/^label_(replace|join)\($/.test(token))
        depth = Math.max(depth, open.filter(Boolean).length)
      }
      return depth > 2 || expr.includes('count_values') ? [`${alert ?? record}: ${depth}`] : []
    })
    expect(deep).to.deep.equal([])
  })
})

/** Fires and resolves at the evaluations it must, and not one before; at each in between, and with no label changed. */
function expectations({ alert, fires, earlier = '', labels = {}, resolves, end, step = STEP }: Case): Expectation[] {
  const promql = `count_over_time(ALERTS{alertname="${alert}", alertstate="firing"}[7d])`
  if (fires === undefined) return [{ at: end, promql, samples: [] }]
  const last = resolves === undefined ? seconds(end) : seconds(resolves) - step
  const all = firing(end, alert, labels)
  return [
    ...(fires === '0s' ? [] : [firing(oneBefore(fires, step), alert)]),
    firing(fires, alert, labels),
    firing(`${last}s`, alert, labels),
    ...(resolves === undefined ? [] : [firing(resolves, alert), firing(end, alert)]),
    {
      at: end,
      promql,
      samples: all.samples.map(({ labels: text }) => ({
        labels: text.replace(/^ALERTS/, ''),
        value: (last - seconds(fires) + seconds(earlier)) / step + 1,
      })),
    },
  ]
}

describe('an alert', function () {
  this.timeout(60_000)
  after(() => {
    removeTempFolders()
    printTable()
  })

  it('of each name has a test that makes it fire', () => {
    const tested = new Set(CASES.filter(({ fires }) => fires !== undefined).map(({ alert }) => alert))
    expect(alerts.map(({ alert }) => alert).filter((alert) => !tested.has(alert))).to.deep.equal([])
  })

  // One process for all cases of an alert that have the same step.
  for (const group of Map.groupBy(CASES, ({ alert, step = STEP }) => `${alert} ${step}`).values()) {
    const { alert, step } = group[0]!
    it(`${alert} fires when it has to, and not otherwise: ${group.length} at ${step ?? STEP} s`, async function () {
      const { code, text } = await unitTest(this, {
        files: ALONE.has(fileWith(alert)) ? [fileWith(alert)] : ['endpoints.yaml', fileWith(alert)],
        keep: needed(alert),
        bare: true,
        ...(step !== undefined && { step }),
        tests: group.map((it) => ({ name: it.what, series: it.series, expect: expectations(it) })),
      })
      expect(code, text).to.equal(0)
    })
  }
})

describe('the description of an alert', function () {
  this.timeout(60_000)
  after(removeTempFolders)

  for (const { alert, what, series, step, fires, says } of CASES.filter((it) => it.says !== undefined)) {
    it(`${alert} says what is so ${what}`, async function () {
      const { text } = await unitTest(this, {
        files: ['endpoints.yaml', fileWith(alert)].filter((name, at, all) => all.indexOf(name) === at),
        series,
        keep: needed(alert),
        ...(step !== undefined && { step }),
        alerts: [{ at: fires!, alert }],
      })
      expect(/description=("(?:[^"\\]|\\.)*")/.exec(text)?.[1], text).to.match(says!)
    })
  }
})

function printTable(): void {
  const rows = alerts.map(({ alert, for: wait, severity }) => [
    alert,
    wait ?? 'at once',
    severity,
    String(CASES.filter((it) => it.alert === alert).length),
  ])
  const head = ['alert', 'for', 'severity', 'tests']
  const width = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]!.length)))
  for (const row of [head, ...rows]) console.log(`      ${row.map((cell, at) => cell.padEnd(width[at]!)).join('  ')}`)
}
