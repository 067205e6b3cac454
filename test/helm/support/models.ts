import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { KubernetesObject } from './helm.ts'

const MODULES = join(import.meta.dirname, '../../../node_modules')
const PACKAGES = ['kubernetes-models', '@kubernetes-models/prometheus-operator', '@kubernetes-models/gateway-api']

/** The module that declares a kind; undefined for kinds that are not Kubernetes' or the operators' that we use. */
export function modelModule({ apiVersion, kind }: KubernetesObject): string | undefined {
  for (const name of PACKAGES) {
    const module = `${name}/${apiVersion}/${kind}`
    if (existsSync(join(MODULES, `${module}.js`))) return module
  }
  return undefined
}

/** Validates an object with the schema of its kind. @returns what is wrong; the packages ignore unknown fields */
export async function modelFault(object: KubernetesObject): Promise<string | undefined> {
  const module = modelModule(object)
  if (!module) return `${object.apiVersion} ${object.kind}: nobody knows this kind`
  const models = (await import(module)) as Record<string, new (data: object) => { validate(): void }>
  try {
    new models[object.kind]!(object).validate()
    return undefined
  } catch (error) {
    return `${object.kind} ${object.metadata.name}: ${(error as Error).message}`
  }
}
