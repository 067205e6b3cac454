import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import type { FieldFault } from '../../errors.ts'
import { RecoverSchema, RecoveryReportSchema } from './recovery-schemas.ts'

// The default of 8 would hide the ninth fault.
Settings.Set({ maxErrors: 1_000 })

const SCHEMAS = { recover: RecoverSchema, report: RecoveryReportSchema }

/** What is wrong with a body, at most ten fields. */
export function recoveryFaults(schema: keyof typeof SCHEMAS, body: unknown): FieldFault[] {
  const faults = new Map<string, FieldFault>()
  for (const { instancePath: pointer, message: detail } of Value.Errors(SCHEMAS[schema], body))
    if (!faults.has(pointer)) faults.set(pointer, { pointer, detail })
  return [...faults.values()].slice(0, 10)
}
