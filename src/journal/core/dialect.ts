export type Value = string | number

export interface Query {
  readonly sql: string
  readonly parameters: readonly Value[]
}

/** How a database's SQL differs from the other's. */
export interface Dialect {
  readonly table: (name: 'failures' | 'incidents' | 'signals') => string
  /** The placeholder of a parameter; they are numbered from 1. */
  readonly placeholder: (number: number) => string
  /** A value as its column's type can hold it, so that one out of range finds nothing instead of failing. */
  readonly value: (value: Value) => Value
}
