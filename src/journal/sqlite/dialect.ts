import type { Dialect } from '../core/queries.ts'

export const SQLITE: Dialect = { table: (name) => name, placeholder: () => '?', value: (value) => value }
