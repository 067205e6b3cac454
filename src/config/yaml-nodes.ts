import type { Alias, Document, Node, Pair, ParsedNode } from 'yaml'
import { keyName } from './document.ts'

/** Levels of nesting, aliases followed. The configuration needs seven. */
export const MAX_DEPTH = 64
/** Values once every alias is replaced by what it names: room for 500 endpoints with 100 URLs each, many times over. */
const MAX_VALUES = 1_000_000

interface Extent {
  readonly values: number
  readonly depth: number
}

/**
 * What the parser accepts and a configuration cannot use: duplicate keys, keys that are no texts, aliases without an
 * anchor, within themselves, or that multiply.
 * @param lineOf the line of an offset
 * @returns whether the document still has a value that is worth checking
 */
export function nodeFaults(
  document: Document,
  yaml: typeof import('yaml'),
  lineOf: (offset: number) => number,
): { faults: string[]; isUsable: boolean } {
  const faults: string[] = []
  let isUsable = true
  const anchors = new Map<string, Node>()
  const extents = new Map<Node, Extent>()
  const line = (node: unknown) => lineOf((node as ParsedNode | null)?.range?.[0] ?? 0)
  const fatal = (fault: string): Extent => {
    isUsable = false
    faults.push(fault)
    return { values: 1, depth: 1 }
  }

  const withoutAnchor = (alias: Alias, path: readonly string[]) =>
    `${keyName(path)}: the alias *${alias.source} in line ${line(alias)} has no anchor &${alias.source} before it; add the anchor, or write the value`

  const visit = (node: unknown, path: readonly string[]): Extent => {
    if (yaml.isAlias(node)) {
      const target = anchors.get(node.source)
      if (!target) return fatal(withoutAnchor(node, path))
      return (
        extents.get(target) ??
        fatal(
          `${keyName(path)}: the alias *${node.source} in line ${line(node)} is inside its own anchor, which makes the value endless; write the value`,
        )
      )
    }
    if (!yaml.isNode(node)) return { values: 1, depth: 1 }
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
    const children = yaml.isMap(node)
      ? pairs(node.items, path)
      : yaml.isSeq(node)
        ? node.items.map((item, index) => visit(item, [...path, `${index}`]))
        : []
    const extent = children.reduce(
      (sum, { values, depth }) => ({
        values: Math.min(sum.values + values, Number.MAX_SAFE_INTEGER),
        depth: Math.max(sum.depth, depth + 1),
      }),
      { values: 1, depth: 1 },
    )
    extents.set(node, extent)
    return extent
  }

  const pairs = (items: readonly Pair[], path: readonly string[]): Extent[] => {
    const lines = new Map<string, number[]>()
    const found = items.map((pair) => {
      const { key, value } = pair
      if (!yaml.isScalar(key) || key.value === null || key.value === '')
        return fatal(`${keyName(path)}: line ${line(key ?? value)} has a key that is not a text; write KEY: VALUE`)
      const name = typeof key.value === 'symbol' ? '<<' : String(key.value)
      if (name !== '<<') lines.set(name, [...(lines.get(name) ?? []), line(key)])
      if (name !== '<<' && yaml.isAlias(value) && !anchors.has(value.source)) {
        // As if it had no value, so that all else is checked too.
        faults.push(withoutAnchor(value, [...path, name]))
        pair.value = null
        return { values: 1, depth: 1 }
      }
      return visit(value, [...path, name])
    })
    for (const [name, at] of lines) {
      if (at.length === 1) continue
      const where = [...new Set(at)]
      faults.push(
        `${keyName([...path, name])}: appears ${at.length === 2 ? 'twice' : `${at.length} times`} (${where.length > 1 ? 'lines' : 'line'} ${where.join(', ')}), and keys must be unique; merge them into one`,
      )
    }
    return found
  }

  const { values, depth } = visit(document.contents, [])
  if (values > MAX_VALUES)
    fatal(`its aliases expand to more than ${MAX_VALUES.toLocaleString('en')} values; write out those that are needed`)
  else if (depth > MAX_DEPTH) fatal(`it is nested more than ${MAX_DEPTH} levels deep once its aliases are followed`)
  return { faults, isUsable }
}
