/** The parts of a rendered StatefulSet that decide how its pods are replaced. */
export interface StatefulSetSpec {
  readonly replicas: number
  readonly podManagementPolicy?: 'OrderedReady' | 'Parallel'
}

interface Pod {
  readonly image: string
  readonly ready: boolean
}

/**
 * The order in which Kubernetes' StatefulSet controller works (stateful_set_control.go, updateStatefulSet): first every pod must
 * exist, where OrderedReady also waits until each is ready; only then the one with the highest ordinal that has an old template is
 * deleted, and the next one waits for it.
 * @param works whether a pod with this image ever becomes ready
 */
export function statefulSetModel(spec: StatefulSetSpec, works: (image: string) => boolean) {
  const pods: (Pod | undefined)[] = Array(spec.replicas).fill(undefined)
  const isOrdered = (spec.podManagementPolicy ?? 'OrderedReady') === 'OrderedReady'

  /** One pass of the controller. @returns whether it changed anything */
  function reconcile(image: string): boolean {
    for (const [ordinal, pod] of pods.entries()) {
      if (!pod) {
        pods[ordinal] = { image, ready: works(image) }
        return true
      }
      if (isOrdered && !pod.ready) return false
    }
    for (let ordinal = pods.length - 1; ordinal >= 0; ordinal--) {
      if (pods[ordinal]!.image !== image) {
        pods[ordinal] = undefined
        return true
      }
      if (!pods[ordinal]!.ready) return false
    }
    return false
  }

  return {
    /** Applies a template with this image, and waits until the controller has nothing more to do. */
    apply(image: string): void {
      while (reconcile(image));
    },
    pods: (): readonly (Pod | undefined)[] => pods,
  }
}
