import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** A JSON Schema, draft-07, as far as the chart's needs it. */
export type Schema = { [keyword: string]: unknown }

const MODULES = join(import.meta.dirname, '../../node_modules')

/**
 * Turns types of the kubernetes-models packages into strict JSON Schema definitions: what Kubernetes does not know is
 * refused at every depth. The packages carry compiled validators and type declarations, but no schemas; the
 * declarations are generated, so a small reader is enough for them.
 */
export function kubernetesTypes() {
  const definitions = new Map<string, Schema>()

  /**
   * @param file such as `kubernetes-models/v1/Toleration`
   * @returns a reference to the definition, which is added with all that it refers to
   */
  const reference = (file: string): Schema => {
    const path = resolveDeclaration(file)
    const name = definitionName(path)
    if (!definitions.has(name)) {
      definitions.set(name, {})
      definitions.set(name, definition(path))
    }
    return { $ref: `#/definitions/${name}` }
  }

  const definition = (path: string): Schema => {
    const text = readFileSync(path, 'utf8')
    const imports = new Map(
      [...text.matchAll(/^import \{ (.+?) \} from "(.+?)";$/gm)].flatMap(([, names, from]) =>
        names!.split(', ').map((name) => [name, from!] as const),
      ),
    )
    const type = (source: string): Schema => {
      const list = /^Array<([\s\S]+)>$/.exec(source)
      if (list) return { type: 'array', items: type(list[1]!) }
      const map = /^\{\s*\[key: string\]: ([\s\S]+);\s*\}$/.exec(source)
      if (map) return { type: 'object', additionalProperties: type(map[1]!) }
      if (source.startsWith('"')) return { type: 'string', enum: [...source.matchAll(/"([^"]*)"/g)].map((m) => m[1]) }
      if (source === 'string' || source === 'boolean') return { type: source }
      // Kubernetes has no fractions where these types say number.
      if (source === 'number') return { type: 'integer' }
      if (source === 'string | number' || source === 'number | string') return { type: ['string', 'integer'] }
      const from = imports.get(source)
      // Any JSON.
      if (source === 'any' || source === 'unknown' || source.endsWith('ApiextensionsV1JSON')) return {}
      if (!from) throw new Error(`${path}: cannot read the type ${source}`)
      return reference(from.startsWith('.') ? resolve(dirname(path), from) : from)
    }

    const alias = /^export type I\w+ = ([^;]+);$/m.exec(text)
    const body = /^export interface \w+[^{]*\{\n([\s\S]*?)^\}/m.exec(text)?.[1]
    const about = comment(/\/\*\*\n([\s\S]*?)\*\/\nexport (?:type|interface)/.exec(text)?.[1])
    if (body === undefined) {
      if (!alias) throw new Error(`${path}: declares neither an interface nor a type`)
      return { ...type(alias[1]!), ...about }
    }
    const properties: Record<string, Schema> = {}
    const required: string[] = []
    const property = /(?: {4}\/\*\*\n([\s\S]*?)\*\/\n)? {4}"([^"]+)"(\??): ([\s\S]*?);\n(?= {4}[/"]|$)/g
    for (const [, remark, name, optional, source] of body.matchAll(property)) {
      const schema = type(source!)
      const description = comment(remark)
      // Draft-07 ignores what stands beside a $ref.
      properties[name!] = schema['$ref'] ? { allOf: [schema], ...description } : { ...schema, ...description }
      if (!optional) required.push(name!)
    }
    return {
      type: 'object',
      additionalProperties: false,
      ...about,
      properties,
      ...(required.length ? { required } : {}),
    }
  }

  return { reference, definitions: () => Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1))) }
}

function resolveDeclaration(file: string): string {
  const stem = (file.startsWith('/') ? file : join(MODULES, file)).replace(/\.js$/, '')
  for (const path of [`${stem}.d.ts`, join(stem, 'index.d.ts')]) if (existsSync(path)) return path
  throw new Error(`${file}: no such type declaration`)
}

/** `v1.Toleration`, `monitoring.coreos.com.v1.RelabelConfig`, unique over the packages. */
function definitionName(path: string): string {
  const [, rest] = path.split(
    /node_modules\/(?:@kubernetes-models\/(?:apimachinery|prometheus-operator|gateway-api)|kubernetes-models)\//,
  )
  return rest!.replace(/\.d\.ts$/, '').replaceAll('/', '.')
}

/** The first sentence; the whole would make the schema ten times the chart. */
function comment(text: string | undefined): Schema {
  const words = text
    ?.split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trim())
    .join(' ')
    .trim()
  const sentence = words && /^(.*?[^.][.:])(\s|$)/.exec(words)?.[1]
  return words ? { description: (sentence ?? words).slice(0, 300) } : {}
}
