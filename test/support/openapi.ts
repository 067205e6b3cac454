import { Compile } from 'typebox/compile'

// biome-ignore lint/suspicious/noExplicitAny: a document is walked by names
type Document = any

/** Replaces each reference into the document by what it names. Schemas of the API are not recursive. */
export function resolved(document: Document, value: unknown = document): unknown {
  if (Array.isArray(value)) return value.map((each) => resolved(document, each))
  if (typeof value !== 'object' || value === null) return value
  const ref = (value as { $ref?: string }).$ref
  if (ref !== undefined) {
    const target = ref
      .slice(2)
      .split('/')
      .reduce((place: Document, name) => place[name], document)
    return resolved(document, target)
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolved(document, member)]))
}

/** @returns what is wrong with a value, by the schema that the document has for it; empty if nothing is */
export function faultsOf(document: Document, schema: object, value: unknown): unknown[] {
  return [...Compile(resolved(document, schema) as object).Errors(value)]
}
