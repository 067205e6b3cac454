import type { KubernetesObject } from './example-app.ts'

export const NAME = 'webhook-error-exporter'
/** The label by which a workload asks for the sidecar. */
export const INJECT_LABEL = 'webhook-error-exporter.github.io/inject'

/** Kustomize sets the namespace; what names Helm and its release has no meaning here. */
export function withoutRelease(object: KubernetesObject): object {
  const { namespace, labels, annotations, ...metadata } = object.metadata
  const keptLabels = pick(
    labels ?? {},
    (key) => key === 'app.kubernetes.io/name' || key === 'app.kubernetes.io/part-of',
  )
  const keptAnnotations = pick(annotations ?? {}, (key) => !key.startsWith('helm.sh/'))
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: keptLabels,
      ...(Object.keys(keptAnnotations).length ? { annotations: keptAnnotations } : {}),
    },
  }
}

/** The entries with a key that is kept. */
export const pick = (map: Readonly<Record<string, string>>, keep: (key: string) => boolean) =>
  Object.fromEntries(Object.entries(map).filter(([key]) => keep(key)))
