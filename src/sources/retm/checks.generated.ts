// @ts-nocheck
// Generated from the schemas by `npm run generate`; do not edit.
import type { Static } from 'typebox'
import type { ReportSchema } from './schema.ts'
const Guard = { CodePointCount: (text) => [...text].length }

/** Whether a value is as `ReportSchema` says. */
export const isReport: (value: unknown) => value is Static<typeof ReportSchema> = (() => {
const External = [/^-?[0-9]{1,10}$/u]
const check_0 = ((value) => ((typeof value === "object" && value !== null && !(Array.isArray(value))) && ((("code" in value && "endpoint" in value) && true) && ((((Number.isInteger(value.code) && (!((Number.isFinite(value.code) || typeof value.code === "bigint")) || (value.code >= -2147483648 && value.code <= 4294967295))) || (typeof value.code === "string" && External[0].test(value.code))) && (typeof value.endpoint === "string" && ((value.endpoint.length >= 2 || (value.endpoint.length >= 1 && Guard.CodePointCount(value.endpoint) >= 1)) && (value.endpoint.length <= 2048 || (value.endpoint.length <= 4096 && Guard.CodePointCount(value.endpoint) <= 2048))))) && (value.message === undefined || (!("message" in value) || (typeof value.message === "string" || value.message === null)))))));
return (value) => { return check_0(value) }
})()

/** Whether a value is as `ReportSchema.properties.code` says. */
export const isCode: (value: unknown) => boolean = (() => {
const External = [/^-?[0-9]{1,10}$/u]
const check_0 = ((value) => ((Number.isInteger(value) && (!((Number.isFinite(value) || typeof value === "bigint")) || (value >= -2147483648 && value <= 4294967295))) || (typeof value === "string" && External[0].test(value))));
return (value) => { return check_0(value) }
})()

/** Whether a value is as `ReportSchema.properties.endpoint` says. */
export const isEndpoint: (value: unknown) => boolean = (() => {
const External = []
const check_0 = ((value) => (typeof value === "string" && ((value.length >= 2 || (value.length >= 1 && Guard.CodePointCount(value) >= 1)) && (value.length <= 2048 || (value.length <= 4096 && Guard.CodePointCount(value) <= 2048)))));
return (value) => { return check_0(value) }
})()

/** Whether a value is as `ReportSchema.properties.message` says. */
export const isMessage: (value: unknown) => boolean = (() => {
const External = []
const check_0 = ((value) => (typeof value === "string" || value === null));
return (value) => { return check_0(value) }
})()
