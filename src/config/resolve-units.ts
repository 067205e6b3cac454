import { humanUnit, parseDuration, parseSize } from '../units.ts'
import { isRecord, keyName, shown } from './document.ts'
import type { Shape } from './shape.ts'

/**
 * Replaces every duration by milliseconds and every size by bytes, as `x-unit` says, and checks the bounds.
 * @param path where the value is in the whole
 * @param faults gets a line for each value out of bounds
 * @returns a copy of the value
 */
export function resolveUnits(shape: Shape, value: unknown, path: readonly string[], faults: string[]): unknown {
  const { 'x-unit': unit, 'x-minimum': min = 0, 'x-maximum': max = Number.POSITIVE_INFINITY, properties, items } = shape
  if (unit) {
    const number = typeof value === 'number' ? value : (unit === 'duration' ? parseDuration : parseSize)(String(value))
    if (number === undefined || number < min || number > max) {
      faults.push(
        `${keyName(path)}: ${shown(value)} is out of range; write ${humanUnit[unit](min)} to ${humanUnit[unit](max)}`,
      )
    }
    return number
  }
  if (Array.isArray(value) && items)
    return value.map((item, index) => resolveUnits(items, item, [...path, `${index}`], faults))
  if (isRecord(value) && properties) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        resolveUnits(properties[key] ?? {}, item, [...path, key], faults),
      ]),
    )
  }
  return value
}
