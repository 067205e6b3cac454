import type { IncomingHttpHeaders } from 'node:http'
import type { FieldFault } from '../errors.ts'

/** CloudEvents 1.0 over HTTP (cloudevents/spec, http-protocol-binding.md). */

export const STRUCTURED = 'application/cloudevents+json'
export const BATCH = 'application/cloudevents-batch+json'

/** Whether a request is a CloudEvent in binary mode: attributes in headers, data in the body. */
export const isBinary = (headers: IncomingHttpHeaders): boolean => headers['ce-specversion'] !== undefined

/** The attributes of an event in binary mode: header values are percent-encoded UTF-8 (section 3.1.3.2). */
export function binaryAttributes(headers: IncomingHttpHeaders): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (/^ce-[a-z0-9]{1,100}$/.test(name) && typeof value === 'string') attributes[name.slice(3)] = decoded(value)
  return attributes
}

function decoded(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    // A sender that does not encode writes a lone % sign.
    return value
  }
}

const REQUIRED = ['specversion', 'id', 'source', 'type'] as const

/** What is wrong with an event's attributes (spec.md, Required Attributes); undefined if nothing is. */
export function eventFault(event: unknown): FieldFault | undefined {
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    return { pointer: '', detail: 'must be a CloudEvent, a JSON object' }
  for (const name of REQUIRED) {
    const value = Object.hasOwn(event, name) ? (event as Record<string, unknown>)[name] : undefined
    if (typeof value !== 'string' || value === '')
      return { pointer: `/${name}`, detail: 'must be a text of at least one character (CloudEvents)' }
  }
  return undefined
}

/** The data of an event in JSON format; `data_base64` is decoded, and parsed where it is JSON. */
export function eventData(event: Readonly<Record<string, unknown>>): unknown {
  const { data, data_base64: encoded, datacontenttype: type = 'application/json' } = event
  if (typeof encoded !== 'string') return data
  const bytes = Buffer.from(encoded, 'base64')
  if (!isJsonType(String(type))) return bytes.toString()
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

/** `application/json`, `text/json` or any `+json` (RFC 6839), with or without parameters. */
export const isJsonType = (type: string): boolean => /^\s*(application|text)\/(json|[^;\s]+\+json)\s*(;|$)/i.test(type)
