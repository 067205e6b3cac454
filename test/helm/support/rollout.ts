import { setTimeout as sleep } from 'node:timers/promises'
import { type ContainerModel, type ContainerSpec, runContainer } from '../../support/kubelet.ts'

/** What the model reads from a Deployment's pod and its Service. */
export interface RolloutSpec {
  readonly sidecar: ContainerSpec & {
    readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } }
  }
  readonly publishNotReadyAddresses: boolean
}

/** Milliseconds from the sidecar's start until the application is ready: the kubelet looks what has started once a second. */
const APPLICATION_STARTS = 1_000
/** Milliseconds for the application to end after SIGTERM, which is when a native sidecar gets its own. */
const APPLICATION_ENDS = 100
/** Milliseconds until the proxy of a node uses a pod that is new in an EndpointSlice, and no longer one that was removed: the worst of both. */
const ADDED_AFTER = 20
const REMOVED_AFTER = 1_000

interface PodModel {
  readonly address: string
  readonly container: ContainerModel
  isReady: boolean
  isTerminating: boolean
}

/**
 * The pods of a Deployment with two replicas and a native sidecar each, their EndpointSlice, and a proxy that follows it with
 * a delay and falls back to pods that are ending but ready, as kube-proxy does. The sidecars are real processes.
 */
export class RolloutModel {
  readonly #spec: RolloutSpec
  readonly #env: (address: string) => Promise<Record<string, string>>
  readonly #entrypoint: readonly string[]
  readonly #pods = new Set<PodModel>()
  #slice: readonly string[] = []
  /** What the proxy knows. */
  #targets: readonly string[] = []
  #created = 0

  /** @param env variables of the pod with that address, in the place of the rendered ones */
  constructor(
    spec: RolloutSpec,
    options: {
      readonly entrypoint: readonly string[]
      readonly env: (address: string) => Promise<Record<string, string>>
    },
  ) {
    this.#spec = spec
    this.#entrypoint = options.entrypoint
    this.#env = options.env
  }

  /** An address that the Service leads to; undefined where it has none, which clients see as a refusal. */
  target(): string | undefined {
    return this.#targets[Math.floor(Math.random() * this.#targets.length)]
  }

  async start(replicas: number): Promise<void> {
    await Promise.all(Array.from({ length: replicas }, () => this.#create()))
    await sleep(REMOVED_AFTER)
  }

  /** maxSurge 1, maxUnavailable 0: each new pod is ready before the next old one ends, and old ones end side by side. */
  async rollout(): Promise<void> {
    const ends: Promise<void>[] = []
    for (const old of [...this.#pods]) {
      await this.#create()
      ends.push(this.#delete(old))
    }
    await Promise.all(ends)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#pods].map(({ container }) => container.stop()))
  }

  async #create(): Promise<void> {
    const address = `127.0.0.${10 + (this.#created++ % 200)}`
    const { livenessProbe: _, ...spec } = this.#spec.sidecar
    const container = runContainer(spec, { entrypoint: this.#entrypoint, env: await this.#env(address) })
    const pod = { address, container, isReady: false, isTerminating: false }
    this.#pods.add(pod)
    this.#publish()
    await sleep(APPLICATION_STARTS)
    pod.isReady = container.isReady()
    this.#publish()
  }

  /** The kubelet runs the preStop hooks of all containers at once, and signals a sidecar when the application has ended. */
  async #delete(pod: PodModel): Promise<void> {
    pod.isTerminating = true
    this.#publish()
    const hook = (this.#spec.sidecar.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1_000
    await sleep(Math.max(hook, APPLICATION_ENDS))
    pod.isReady = false
    this.#publish()
    await pod.container.stop()
    this.#pods.delete(pod)
    this.#publish()
  }

  #publish(): void {
    const pods = [...this.#pods]
    const ready = this.#spec.publishNotReadyAddresses ? pods : pods.filter((pod) => pod.isReady && !pod.isTerminating)
    const serving = ready.length > 0 ? ready : pods.filter((pod) => pod.isReady)
    this.#slice = serving.map(({ address }) => address)
    setTimeout(() => {
      this.#targets = [...new Set([...this.#targets, ...this.#slice])]
    }, ADDED_AFTER)
    setTimeout(() => {
      this.#targets = this.#targets.filter((address) => this.#slice.includes(address))
    }, REMOVED_AFTER)
  }
}
