// @ts-nocheck
// Generated from the schemas by `npm run generate`; do not edit.
import type { Static } from 'typebox'
import type { RecoverSchema } from './recovery-schemas.ts'
import { IsDateTime } from 'typebox/format'
import type { RecoveryReportSchema } from './recovery-schemas.ts'
const Guard = { CodePointCount: (text) => [...text].length }

/** Whether a value is as `RecoverSchema` says. */
export const isRecover: (value: unknown) => value is Static<typeof RecoverSchema> = (() => {
const External = [/(^reason$)/u]
const check_0 = ((value) => ((typeof value === "object" && value !== null && !(Array.isArray(value))) && (Object.getOwnPropertyNames(value).every((unique_0, unique_1) => ((External[0].test(unique_0) || false))) && (value.reason === undefined || (!("reason" in value) || (typeof value.reason === "string" && (value.reason.length <= 500 || (value.reason.length <= 1000 && Guard.CodePointCount(value.reason) <= 500))))))));
return (value) => { return check_0(value) }
})()

/** Whether a value is as `RecoveryReportSchema` says. */
export const isRecoveryReport: (value: unknown) => value is Static<typeof RecoveryReportSchema> = (() => {
const External = [/(^task$|^status$|^restored$|^detail$|^tenants$|^closedAt$)/u, /^[A-Za-z0-9._:/@+=-]{1,200}$/u, /(^tenant$|^status$|^restored$|^detail$)/u, IsDateTime]
const check_0 = ((value) => ((typeof value === "object" && value !== null && !(Array.isArray(value))) && ((("task" in value && "status" in value) && Object.getOwnPropertyNames(value).every((unique_0, unique_1) => ((External[0].test(unique_0) || false)))) && ((((((typeof value.task === "string" && External[1].test(value.task)) && ((value.status === "running" || value.status === "finished") || value.status === "failed")) && (value.restored === undefined || (!("restored" in value) || check_1(value.restored)))) && (value.detail === undefined || (!("detail" in value) || ((typeof value.detail === "string" && (value.detail.length <= 4000 || (value.detail.length <= 8000 && Guard.CodePointCount(value.detail) <= 4000))) || value.detail === null)))) && (value.tenants === undefined || (!("tenants" in value) || (Array.isArray(value.tenants) && (value.tenants.every((unique_2, index) => ((((typeof unique_2 === "object" && unique_2 !== null && !(Array.isArray(unique_2))) && (("tenant" in unique_2 && Object.getOwnPropertyNames(unique_2).every((unique_3, unique_4) => ((External[2].test(unique_3) || false)))) && ((((typeof unique_2.tenant === "string" && ((unique_2.tenant.length >= 2 || (unique_2.tenant.length >= 1 && Guard.CodePointCount(unique_2.tenant) >= 1)) && (unique_2.tenant.length <= 200 || (unique_2.tenant.length <= 400 && Guard.CodePointCount(unique_2.tenant) <= 200)))) && (unique_2.status === undefined || (!("status" in unique_2) || ((unique_2.status === "running" || unique_2.status === "finished") || unique_2.status === "failed")))) && (unique_2.restored === undefined || (!("restored" in unique_2) || check_1(unique_2.restored)))) && (unique_2.detail === undefined || (!("detail" in unique_2) || ((typeof unique_2.detail === "string" && (unique_2.detail.length <= 4000 || (unique_2.detail.length <= 8000 && Guard.CodePointCount(unique_2.detail) <= 4000))) || unique_2.detail === null)))))) || (typeof unique_2 === "string" && ((unique_2.length >= 2 || (unique_2.length >= 1 && Guard.CodePointCount(unique_2) >= 1)) && (unique_2.length <= 200 || (unique_2.length <= 400 && Guard.CodePointCount(unique_2) <= 200))))))) && value.tenants.length <= 1000))))) && (value.closedAt === undefined || (!("closedAt" in value) || ((typeof value.closedAt === "string" && External[3](value.closedAt)) || value.closedAt === null)))))));
const check_1 = ((value) => ((Number.isInteger(value) && (!((Number.isFinite(value) || typeof value === "bigint")) || (value >= 0 && value <= 9007199254740991))) || value === null));
return (value) => { return check_0(value) }
})()
