import { the } from './helm.ts'

// biome-ignore lint/suspicious/noExplicitAny: renderings are broken freely.
export type Any = any

export const pod = (objects: Any[]) =>
  (objects.find((o) => o.kind === 'StatefulSet') ?? objects.find((o) => o.kind === 'Deployment')).spec.template

export const container = (objects: Any[]) => pod(objects).spec.containers[0]

export const get = (objects: Any[], kind: string, name?: string) => the(objects, kind, name) as Any

/** A way to break a rendering, and what the policy then says. */
export type Break = readonly [policy: string, base: string, said: RegExp, change: (objects: Any[]) => void]
