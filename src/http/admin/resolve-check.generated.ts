// @ts-nocheck
// Generated from the schemas by `npm run generate`; do not edit.
import type { Static } from 'typebox'
import type { ResolveSchema } from './incident-schemas.ts'
const Guard = { CodePointCount: (text) => [...text].length }

/** Whether a value is as `ResolveSchema` says. */
export const isResolve: (value: unknown) => value is Static<typeof ResolveSchema> = (() => {
const External = []
const check_0 = ((value) => ((typeof value === "object" && value !== null && !(Array.isArray(value))) && (("reason" in value && Object.getOwnPropertyNames(value).length === 1) && (typeof value.reason === "string" && ((value.reason.length >= 2 || (value.reason.length >= 1 && Guard.CodePointCount(value.reason) >= 1)) && (value.reason.length <= 500 || (value.reason.length <= 1000 && Guard.CodePointCount(value.reason) <= 500)))))));
return (value) => { return check_0(value) }
})()
