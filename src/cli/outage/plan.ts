import { parse } from 'yaml'
import { CAUSES } from '../../domain/cause.ts'
import { parseDuration } from '../../units.ts'
import { FAULTS, isFault } from '../simulate/faults.ts'
import { UsageError } from '../usage.ts'

/** One step of an outage: exactly one of the keys below, checked by `readPlan`. Times in milliseconds. */
export type Step =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'wait'; readonly time: number }
  | { readonly kind: 'fault'; readonly fault: (typeof FAULTS)[number] }
  | { readonly kind: 'deliver'; readonly count: number; readonly expect: 'delivered' | 'lost' }
  | { readonly kind: 'expect'; readonly what: Expectation; readonly cause?: string; readonly within: number }

export const EXPECTATIONS = ['incident', 'verdict', 'notification', 'closed', 'resolved', 'nothing'] as const
export type Expectation = (typeof EXPECTATIONS)[number]

/** A game day. */
export interface Plan {
  /** Whether reports are real: they count, open an incident and notify. */
  readonly real: boolean
  readonly event: string
  readonly steps: readonly Step[]
}

const KINDS = ['say', 'wait', 'fault', 'deliver', 'expect'] as const
const MOST_DELIVERIES = 100
const MOST_STEPS = 200

/**
 * Reads a plan.
 * @throws UsageError with everything that is wrong with it
 */
export function readPlan(text: string, file: string): Plan {
  const faults: string[] = []
  const document = parsed(text, faults)
  const { real = false, event = 'order.created', steps, ...unknown } = document
  if (typeof real !== 'boolean') faults.push('real: must be true or false')
  if (typeof event !== 'string' || event === '') faults.push('event: must be a text such as order.created')
  for (const key of Object.keys(unknown)) faults.push(`${key}: is unknown; known keys: real, event, steps`)
  const list = Array.isArray(steps) ? steps.slice(0, MOST_STEPS) : []
  if (!Array.isArray(steps) || steps.length === 0) faults.push('steps: must be a list of at least one step')
  else if (steps.length > MOST_STEPS) faults.push(`steps: has ${steps.length}; at most ${MOST_STEPS}`)
  const read = list.flatMap((step, index) => readStep(step, `steps[${index}]`, faults) ?? [])
  // Simulated reports open no incident: it would be waited for in vain.
  if (real === false && read.some((step) => step.kind === 'expect' && step.what !== 'nothing'))
    faults.push('real: must be true for a plan that expects an incident; simulated reports open none')
  if (faults.length > 0) throw new UsageError(`${file} is not a valid plan`, faults)
  return { real: real as boolean, event: event as string, steps: read }
}

type Members = Readonly<Record<string, unknown>>
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parsed(text: string, faults: string[]): Members {
  try {
    const document: unknown = parse(text)
    if (isMembers(document)) return document
    faults.push('must be a mapping with steps')
  } catch (error) {
    faults.push(`is not YAML: ${(error as Error).message.split('\n')[0]}`)
  }
  return { steps: [{ say: '' }] }
}

function readStep(step: unknown, place: string, faults: string[]): Step | undefined {
  const keys = isMembers(step) ? Object.keys(step) : []
  const kind = KINDS.find((each) => each === keys[0])
  if (keys.length !== 1 || !kind) {
    faults.push(`${place}: must have exactly one of ${KINDS.join(', ')}`)
    return undefined
  }
  const value = (step as Members)[kind]
  const at = `${place}.${kind}`
  if (kind === 'say') {
    if (typeof value !== 'string') faults.push(`${at}: must be a text`)
    return { kind, text: String(value) }
  }
  if (kind === 'wait') return { kind, time: duration(value, at, faults) }
  if (kind === 'fault') {
    const name = String(value)
    if (isFault(name)) return { kind, fault: name }
    faults.push(`${at}: there is no ${name}; known faults: ${FAULTS.join(', ')}`)
    return undefined
  }
  return kind === 'deliver' ? readDelivery(value, at, faults) : readExpectation(value, at, faults)
}

function readDelivery(value: unknown, at: string, faults: string[]): Step | undefined {
  const { count = 1, expect = 'delivered', ...unknown } = isMembers(value) ? value : {}
  const before = faults.length
  if (value !== null && !isMembers(value)) faults.push(`${at}: must be a mapping with count and expect`)
  if (!Number.isInteger(count) || Number(count) < 1 || Number(count) > MOST_DELIVERIES)
    faults.push(`${at}.count: must be an integer from 1 to ${MOST_DELIVERIES}`)
  if (expect !== 'delivered' && expect !== 'lost') faults.push(`${at}.expect: must be delivered or lost`)
  for (const key of Object.keys(unknown)) faults.push(`${at}.${key}: is unknown; known keys: count, expect`)
  return faults.length > before
    ? undefined
    : { kind: 'deliver', count: count as number, expect: expect as 'delivered' | 'lost' }
}

function readExpectation(value: unknown, at: string, faults: string[]): Step | undefined {
  const { within = '1m', cause, ...rest } = isMembers(value) ? value : { what: value }
  const { what, ...unknown } = rest as Members
  const before = faults.length
  const known = EXPECTATIONS.find((each) => each === what)
  if (!known) faults.push(`${at}.what: must be one of ${EXPECTATIONS.join(', ')}`)
  if (cause !== undefined && !(CAUSES as readonly unknown[]).includes(cause))
    faults.push(`${at}.cause: must be one of ${CAUSES.join(', ')}`)
  for (const key of Object.keys(unknown)) faults.push(`${at}.${key}: is unknown; known keys: what, cause, within`)
  const time = duration(within, `${at}.within`, faults)
  if (faults.length > before) return undefined
  return { kind: 'expect', what: known!, within: time, ...(cause !== undefined && { cause: String(cause) }) }
}

function duration(value: unknown, at: string, faults: string[]): number {
  const time = parseDuration(String(value))
  if (time === undefined) faults.push(`${at}: must be a duration such as 30s`)
  return time ?? 0
}
