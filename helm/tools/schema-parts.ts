/** A JSON Schema, draft-07, as far as the chart's needs it. */
export type Schema = { [keyword: string]: unknown }
export type Properties = Record<string, Schema>

export const NAME = '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$'
export const LABEL_VALUE = '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$'
export const LABEL_KEY = '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'
export const DURATION = '^([0-9]+(ms|s|m|h|d|w|y))+$'
export const QUANTITY = '^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$'

export const bool: Schema = { type: 'boolean' }
export const text: Schema = { type: 'string' }
/** One of these texts. */
export const choice = (...values: string[]): Schema => ({ type: 'string', enum: values })
/** The same, or null. */
export const orNull = (schema: Schema): Schema =>
  schema['enum']
    ? { ...schema, type: ['string', 'null'], enum: [...(schema['enum'] as string[]), null] }
    : { ...schema, type: [schema['type'], 'null'] }
/** @param expression for RE2, without look-ahead */
export const pattern = (expression: string, maxLength: number): Schema => ({
  type: 'string',
  pattern: expression,
  maxLength,
})
/** Bounds included. */
export const integer = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum })
/** A list of any length. */
export const list = (items: Schema): Schema => ({ type: 'array', items })
/**
 * A type of Kubernetes, of the Prometheus Operator or of the Gateway API, with its link in the comment in values.yaml. It is open: the
 * API server knows its fields, and a field of a later version must not be refused here.
 */
export const open: Schema = { type: 'object', additionalProperties: true }
export const openList = list(open)
/** An open list of objects that the chart reads by these keys, each a text. */
export const openListWith = (...keys: readonly string[]): Schema =>
  list({ ...open, required: keys, properties: Object.fromEntries(keys.map((key) => [key, { type: 'string' }])) })
/**
 * A mapping with keys chosen by the user. Keys by pattern and not by `propertyNames`: Helm 4's validator does not say where those are wrong.
 */
export const map = (values: Schema, keys = ''): Schema =>
  keys
    ? { type: 'object', patternProperties: { [keys]: values }, additionalProperties: false }
    : { type: 'object', additionalProperties: values }
/**
 * A mapping with our own keys; any other is refused. Mappings with their own keys are required: a section whose keys are all commented
 * out is null, for which Helm removes the defaults, and the templates would fail without naming it.
 */
export const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => {
  const sections = Object.keys(properties).filter((key) => properties[key]!['properties'])
  return {
    type: 'object',
    additionalProperties: false,
    ...(sections.length > 0 && { required: sections }),
    properties,
    ...more,
  }
}
export const port = integer(1, 65_535)
export const optionalName = pattern(`^$|${NAME}`, 253)
export const namespace = pattern('^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 63)
export const labels = map(pattern(LABEL_VALUE, 63), LABEL_KEY)
export const annotations = map(text, LABEL_KEY)
export const count = { type: ['integer', 'string', 'null'], minimum: 0, pattern: '^[0-9]{1,3}%$' }
