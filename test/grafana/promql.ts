import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'

/** PromQL as a tree, as far as the tests of dashboards look into it. */

export interface Selector {
  readonly metric: string
  /** Names of the labels that are matched. */
  readonly labels: readonly string[]
  readonly text: string
  readonly node: SyntaxNode
}

export interface Query {
  readonly text: string
  readonly root: SyntaxNode
  readonly selectors: readonly Selector[]
  /** Labels of `by`, `on`, `without`, `group_left`. */
  readonly groupings: readonly string[]
}

/** Numbers and durations in the place of Grafana's; other variables stand within texts and stay. */
const withoutMacros = (expr: string): string =>
  expr
    .replaceAll('$__interval_ms', '60000')
    .replaceAll('$__range_s', '86400')
    .replaceAll(/\$__(rate_interval|interval|range)\b/g, '5m')

/** @throws where the parser found an error */
export function parse(expr: string): Query {
  const text = withoutMacros(expr)
  const root = parser.parse(text).topNode
  const all = nodes(root)
  if (all.some((node) => node.type.isError)) throw new Error(`no PromQL: ${text}`)
  const textOf = (node: SyntaxNode) => text.slice(node.from, node.to)
  const selectors = all
    .filter(({ name }) => name === 'VectorSelector')
    .map((node) => ({
      node,
      text: textOf(node),
      metric: textOf(node.getChild('Identifier')!),
      labels: nodes(node)
        .filter(({ name }) => name === 'LabelName')
        .map(textOf),
    }))
  const groupings = all
    .filter(({ name }) => name === 'GroupingLabels')
    .flatMap((node) => nodes(node).filter(({ name }) => name === 'LabelName'))
    .map(textOf)
  return { text, root, selectors, groupings }
}

/** The node and everything below it. */
export function nodes(top: SyntaxNode): SyntaxNode[] {
  const found = [top]
  for (let child = top.firstChild; child; child = child.nextSibling) found.push(...nodes(child))
  return found
}

export function above(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = []
  for (let it = node.parent; it; it = it.parent) found.push(it)
  return found
}

const functionName = (node: SyntaxNode): string | undefined =>
  node.name === 'FunctionCall' ? node.getChild('FunctionIdentifier')?.firstChild?.name : undefined

/**
 * Whether a counter is read as one: in a rate or an increase, or as part of an exact difference, which is a subtraction
 * of its earlier value within the same parentheses.
 */
export function readAsCounter({ node, metric }: Selector, query: Query): boolean {
  const around = above(node)
  if (around.some((it) => ['Rate', 'Increase'].includes(functionName(it) ?? ''))) return true
  const within = (it: SyntaxNode) =>
    query.selectors.filter((other) => other.metric === metric && it.from <= other.node.from && other.node.to <= it.to)
  const differences = nodes(query.root).filter((it) => {
    if (it.name !== 'BinaryExpr' || !it.getChild('Sub')) return false
    const [left, right] = [it.firstChild!, it.lastChild!]
    return (
      within(left).length > 0 &&
      within(right).some((other) => above(other.node).some(({ name }) => name === 'OffsetExpr'))
    )
  })
  const groups = around.filter(({ name }) => name === 'ParenExpr' || name === 'FunctionCallBody').slice(0, 3)
  return [...groups, query.root.firstChild!]
    .slice(0, 4)
    .some((group) => differences.some((it) => group.from <= it.from && it.to <= group.to))
}

/** Right sides of divisions that may be 0: neither a number nor a comparison that drops it. */
export function unguarded(query: Query): string[] {
  return nodes(query.root)
    .filter((it) => it.name === 'BinaryExpr' && it.getChild('Div') !== null)
    .map((it) => it.lastChild!)
    .filter((right) => right.name !== 'NumberDurationLiteral')
    .filter((right) => !(right.name === 'ParenExpr' && right.firstChild?.getChild('Gtr')))
    .map((right) => query.text.slice(right.from, right.to))
}
