import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml'

export const CHART = join(import.meta.dirname, '../webhook-error-exporter')

/** A key of values.yaml. */
export interface ValueDoc {
  /** `image.tag` */
  readonly path: string
  /** The comment above the key; empty if there is none. */
  readonly description: string
  readonly default: unknown
  /** Whether keys below it are in values.yaml too. */
  readonly branch: boolean
}

/** The keys of values.yaml in their order, each with the comment above it: the chart's documentation has no other home. */
export function valuesDocs(): ValueDoc[] {
  const document = parseDocument(readFileSync(join(CHART, 'values.yaml'), 'utf8'))
  const docs: ValueDoc[] = []
  const walk = (map: YAMLMap, path: readonly string[], above: string | null | undefined) => {
    map.items.forEach((pair, index) => {
      if (!isScalar(pair.key)) throw new Error('values.yaml: a key is no text')
      const keys = [...path, String(pair.key.value)]
      // The comment above the first key of a map belongs to the map in the document's model.
      const before = pair.key.commentBefore ?? (index === 0 ? above : undefined)
      const branch = isMap(pair.value) && pair.value.items.length > 0
      docs.push({
        path: keys.join('.'),
        description: paragraph(before),
        default: isMap(pair.value)
          ? pair.value.toJSON()
          : ((pair.value as { toJSON?: () => unknown })?.toJSON?.() ?? null),
        branch,
      })
      if (branch) walk(pair.value as YAMLMap, keys, (pair.value as YAMLMap).commentBefore)
    })
  }
  walk(document.contents as YAMLMap, [], undefined)
  return docs
}

/** Lines of one paragraph become one line; what precedes an empty line is about the file. */
function paragraph(comment: string | null | undefined): string {
  const last = (comment ?? '').split(/\n\s*\n/).at(-1) ?? ''
  return last
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim()
}
