import { parse } from 'yaml'
import { defaultPath } from '../../../src/sources/index.ts'
import type { KubernetesObject } from './helm.ts'

// biome-ignore lint/suspicious/noExplicitAny: rendered objects are looked into freely.
export type Any = any

export interface Container {
  readonly name: string
  readonly initial: boolean
  readonly spec: Any
}

export interface PodOf {
  /** `StatefulSet demo-…` */
  readonly owner: string
  readonly object: KubernetesObject
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: Any
  readonly containers: readonly Container[]
}

export const title = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.name}`

/** Pods and the templates of pods. */
export function podsOf(objects: readonly KubernetesObject[]): PodOf[] {
  return objects.flatMap((object) => {
    const template = object.kind === 'Pod' ? object : object['spec']?.template
    if (!template?.spec?.containers) return []
    const containers = (list: Any[] | undefined, initial: boolean) =>
      (list ?? []).map((spec) => ({ name: spec.name as string, initial, spec }))
    return [
      {
        owner: title(object),
        object,
        labels: template.metadata?.labels ?? {},
        annotations: template.metadata?.annotations ?? {},
        spec: template.spec,
        containers: [...containers(template.spec.initContainers, true), ...containers(template.spec.containers, false)],
      },
    ]
  })
}

export type Rule = (objects: readonly KubernetesObject[]) => string[]

export const perPod =
  (rule: (pod: PodOf) => (string | false | undefined)[]): Rule =>
  (objects) =>
    podsOf(objects).flatMap((pod) => rule(pod).flatMap((fault) => (fault ? [`${pod.owner}: ${fault}`] : [])))

/** Paths of the sources that the rendered configuration names, but for those that are open to anyone. */
export function sourcePaths(all: readonly Any[]): string[] {
  return all
    .filter(({ kind, data }) => kind === 'ConfigMap' && data?.['config.yaml'])
    .flatMap(({ data }) => Object.entries<Any>(parse(data['config.yaml']).sources))
    .filter(([, source]) => source?.auth !== 'none')
    .map(([name, source]) => source?.path ?? defaultPath(name))
}

export const perObject =
  (rule: (object: KubernetesObject, all: readonly KubernetesObject[]) => (string | false | undefined)[]): Rule =>
  (objects) =>
    objects.flatMap((object) => rule(object, objects).flatMap((fault) => (fault ? [`${title(object)}: ${fault}`] : [])))

export const perContainer = (rule: (container: Container, pod: PodOf) => (string | false | undefined)[]): Rule =>
  perPod((pod) =>
    pod.containers.flatMap((container) => rule(container, pod).map((fault) => fault && `${container.name}: ${fault}`)),
  )

export function twice(values: readonly unknown[]): unknown[] {
  return values.filter((value, index) => values.indexOf(value) !== index)
}

export const contains = (labels: Readonly<Record<string, string>>, selector: Readonly<Record<string, string>>) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value)

export const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/

export const QUALIFIED = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/

const LABEL_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/

const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** Kubernetes' validation of names, by kind. */
export function nameFault({ kind, metadata: { name } }: KubernetesObject): string | false {
  if (kind === 'Service') return !LABEL_NAME.test(name) && `${name} is no name of a Service (DNS label, 63 characters)`
  // The label controller-revision-hash has the name and eleven characters more.
  if (kind === 'StatefulSet' && name.length > 52) return `${name} is longer than 52`
  if (kind === 'Pod' && name.length > 63) return `${name} is longer than 63`
  return !SUBDOMAIN.test(name) && `${name} is no name`
}

/** Bytes or cores; NaN where it is no quantity. */
export function quantity(value: unknown): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/.exec(String(value))
  if (!match) return Number.NaN
  const units: Record<string, number> = { m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 }
  const binary: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 }
  return Number(match[1]) * (match[2] ? (units[match[2]] ?? binary[match[2]]!) : 1)
}

export function* strings(value: unknown, path = ''): Generator<[string, string]> {
  if (typeof value === 'string') yield [path, value]
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) yield* strings(item, `${path}/${key}`)
}

export function* nulls(value: unknown, path = ''): Generator<string> {
  if (value === null || value === undefined) yield path
  else if (typeof value === 'object')
    for (const [key, item] of Object.entries(value)) yield* nulls(item, `${path}/${key}`)
}

/** Labels that a new chart, alias or image changes. */
export const CHANGING = [
  'helm.sh/chart',
  'app.kubernetes.io/version',
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/part-of',
]

export const OUR_CONTAINER = 'webhook-error-exporter'

export const CONTAINER_ONLY = [
  'allowPrivilegeEscalation',
  'capabilities',
  'privileged',
  'readOnlyRootFilesystem',
  'procMount',
]

export const POD_ONLY = ['fsGroup', 'fsGroupChangePolicy', 'supplementalGroups', 'sysctls']
