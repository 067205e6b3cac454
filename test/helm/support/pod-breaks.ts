import { type Any, type Break, container, get, pod } from './broken-parts.ts'

/** At least one way to break a pod for each of its policies. */
export const POD_BREAKS: readonly Break[] = [
  [
    'Pod Security restricted, pod',
    'default',
    /shares a namespace/,
    (o) => {
      pod(o).spec.hostNetwork = true
    },
  ],
  [
    'Pod Security restricted, pod',
    'default',
    /volume x is of a type/,
    (o) => {
      pod(o).spec.volumes.push({ name: 'x', hostPath: { path: '/' } })
    },
  ],
  [
    'Pod Security restricted, containers',
    'default',
    /does not drop ALL/,
    (o) => {
      delete container(o).securityContext.capabilities
    },
  ],
  [
    'Pod Security restricted, containers',
    'default',
    /root file system/,
    (o) => {
      delete container(o).securityContext.readOnlyRootFilesystem
    },
  ],
  [
    'no service account token',
    'default',
    /token/,
    (o) => {
      delete pod(o).spec.automountServiceAccountToken
    },
  ],
  [
    'requests set and within limits',
    'default',
    /requests no cpu/,
    (o) => {
      delete container(o).resources.requests.cpu
    },
  ],
  [
    'requests set and within limits',
    'default',
    /more memory/,
    (o) => {
      container(o).resources.requests.memory = '1Gi'
    },
  ],
  [
    'requests set and within limits',
    'default',
    /no quantity/,
    (o) => {
      container(o).resources.requests.memory = '1GiB'
    },
  ],
  [
    'no null',
    'default',
    /\/spec\/replicas is null/,
    (o) => {
      get(o, 'StatefulSet').spec.replicas = null
    },
  ],
  [
    'containers have names of their own, and nothing twice',
    'default',
    /variable INGEST_PORT twice/,
    (o) => {
      container(o).env.push({ name: 'INGEST_PORT', value: '1' })
    },
  ],
  [
    'containers have names of their own, and nothing twice',
    'default',
    /mounted at \/tmp twice/,
    (o) => {
      container(o).volumeMounts.push({ name: 'tmp', mountPath: '/tmp/' })
    },
  ],
  [
    'containers of one pod do not take each other’s ports',
    'pod',
    /listen to 9465/,
    (o) => {
      pod(o).spec.containers[1].ports = [{ containerPort: 9465 }]
    },
  ],
  [
    'names of ports',
    'default',
    /no name of a port/,
    (o) => {
      container(o).ports[0].name = 'webhook-ingest-port'
    },
  ],
  [
    'mounts have volumes, volumes are mounted',
    'default',
    /no volume nowhere/,
    (o) => {
      container(o).volumeMounts.push({ name: 'nowhere', mountPath: '/x' })
    },
  ],
  [
    '/tmp and /data are mounted',
    'default',
    /\/tmp is not/,
    (o) => {
      container(o).volumeMounts = container(o).volumeMounts.filter((m: Any) => m.mountPath !== '/tmp')
    },
  ],
  [
    'no subPath',
    'default',
    /never see a rotation/,
    (o) => {
      container(o).volumeMounts[1].subPath = 'merchant-a'
    },
  ],
  [
    'images by version',
    'default',
    /latest/,
    (o) => {
      container(o).image = 'registry.example.com/x:latest'
    },
  ],
  [
    'variables are texts with valid names',
    'default',
    /no text/,
    (o) => {
      container(o).env[2].value = 8080
    },
  ],
  [
    'a sidecar gates nothing',
    'default',
    /only init containers/,
    (o) => {
      container(o).restartPolicy = 'Always'
    },
  ],
  [
    'security contexts at their level',
    'default',
    /belongs to containers/,
    (o) => {
      pod(o).spec.securityContext.readOnlyRootFilesystem = true
    },
  ],
  [
    'one handler a probe, by number',
    'default',
    /2 handlers/,
    (o) => {
      container(o).livenessProbe.exec = { command: ['x'] }
    },
  ],
  [
    'one handler a probe, by number',
    'default',
    /names its port/,
    (o) => {
      container(o).livenessProbe.httpGet.port = 'webhook-admin'
    },
  ],
  [
    'names and labels',
    'default',
    /longer than 52/,
    (o) => {
      get(o, 'StatefulSet').metadata.name = 'a'.repeat(53)
    },
  ],
]
