import type { MappingRules } from '../mapping/mapping.ts'

/**
 * What a dead-letter sink receives (knative/docs, event delivery): the original event with three extension attributes. They
 * are optional in the specification; without the destination the event's source stands for the endpoint.
 */
export const rules: MappingRules = {
  id: 'header:ce-id',
  endpoint: 'header:ce-knativeerrordest',
  ref: 'header:ce-source',
  code: 'header:ce-knativeerrorcode',
  message: 'header:ce-knativeerrordata',
  event: 'header:ce-type',
  refine(_, value) {
    const [source, id, destination] = ['source', 'id', 'knativeerrordest'].map((name) => value(`header:ce-${name}`))
    const message = errorText(String(value('header:ce-knativeerrordata') ?? ''))
    // The dispatcher writes 500 where there was no answer at all; its text says why.
    const isOwn = Number(value('header:ce-knativeerrorcode')) === 500 && message.startsWith('dispatch error:')
    return {
      // Ids of events are unique within their source, and one event may be lost at several destinations.
      id: JSON.stringify([source, id, destination ?? '']),
      message,
      ...(isOwn && { code: 0 }),
    }
  },
}

/**
 * The text of `knativeerrordata`: the dispatchers written in Go encode it in base64 and cut that to 1,024 characters; others
 * send it as it is.
 */
export function errorText(data: string): string {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return data
  let text: string
  try {
    // As a stream, so that a character that was cut at the end is no fault.
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(data, 'base64'), { stream: true })
  } catch {
    return data
  }
  return text === '' || /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? data : text
}
