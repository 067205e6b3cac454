import { parse } from 'yaml'
import {
  type Any,
  CONTAINER_ONLY,
  nulls,
  OUR_CONTAINER,
  POD_ONLY,
  perContainer,
  perObject,
  perPod,
  podsOf,
  quantity,
  type Rule,
  twice,
} from './policy-rules.ts'

/** What we promise of every pod, and what an API server refuses of it. */
export const POD_POLICIES: Readonly<Record<string, Rule>> = {
  'Pod Security restricted, pod': perPod(({ spec }) => [
    (spec.hostNetwork || spec.hostPID || spec.hostIPC) && 'shares a namespace of the host',
    ...(spec.volumes ?? []).map(
      (volume: Any) =>
        ![
          'configMap',
          'csi',
          'downwardAPI',
          'emptyDir',
          'ephemeral',
          'persistentVolumeClaim',
          'projected',
          'secret',
        ].some((type) => volume[type]) && `volume ${volume.name} is of a type that restricted does not allow`,
    ),
  ]),
  'Pod Security restricted, containers': perContainer(({ spec }, pod) => {
    const context = spec.securityContext ?? {}
    const inherited = pod.spec.securityContext ?? {}
    const seccomp = (context.seccompProfile ?? inherited.seccompProfile)?.type
    return [
      context.allowPrivilegeEscalation !== false && 'allowPrivilegeEscalation is not false',
      context.privileged && 'is privileged',
      (context.runAsNonRoot ?? inherited.runAsNonRoot) !== true && 'runAsNonRoot is not true',
      (context.runAsUser ?? inherited.runAsUser) === 0 && 'runs as root',
      !context.capabilities?.drop?.includes('ALL') && 'does not drop ALL capabilities',
      context.capabilities?.add && 'adds capabilities',
      seccomp !== 'RuntimeDefault' && seccomp !== 'Localhost' && 'has no seccomp profile',
      context.readOnlyRootFilesystem !== true && 'has a root file system that can be written',
      ...(spec.ports ?? []).map((port: Any) => port.hostPort !== undefined && 'has a hostPort'),
    ]
  }),
  'no service account token': perPod(({ spec, object }) => [
    object.kind !== 'Deployment' || !spec.initContainers?.some((c: Any) => c.name === OUR_CONTAINER)
      ? spec.automountServiceAccountToken !== false && 'mounts a service account token'
      : false,
  ]),
  'requests set and within limits': perContainer(({ spec, initial }) => {
    const { requests = {}, limits = {} } = spec.resources ?? {}
    return [
      ...['cpu', 'memory'].map((resource) => requests[resource] === undefined && `requests no ${resource}`),
      initial && spec.restartPolicy && !(limits.cpu && limits.memory) && 'a sidecar without limits',
      ...[...Object.values(requests), ...Object.values(limits)].map(
        (value) => Number.isNaN(quantity(value)) && `${value} is no quantity`,
      ),
      ...Object.keys(limits).map(
        (resource) =>
          quantity(requests[resource]) > quantity(limits[resource]) && `requests more ${resource} than its limit`,
      ),
    ]
  }),
  'no null': perObject((object) => [...nulls(object)].map((path) => `${path} is null`)),
  'containers have names of their own, and nothing twice': perPod(({ containers, spec }) => [
    ...twice(containers.map(({ name }) => name)).map((name) => `two containers ${name}`),
    ...twice((spec.volumes ?? []).map((volume: Any) => volume.name)).map((name) => `two volumes ${name}`),
    ...twice((spec.imagePullSecrets ?? []).map((secret: Any) => secret.name)).map(
      (name) => `pull secret ${name} twice`,
    ),
    ...containers.flatMap(({ name, spec: { env = [], ports = [], volumeMounts = [] } }) => [
      ...twice(env.map((variable: Any) => variable.name)).map((it) => `${name}: variable ${it} twice`),
      ...twice(ports.map((port: Any) => `${port.containerPort}/${port.protocol}`)).map(
        (it) => `${name}: port ${it} twice`,
      ),
      ...twice(ports.map((port: Any) => port.name)).map((it) => `${name}: port name ${it} twice`),
      ...twice(volumeMounts.map((mount: Any) => mount.mountPath.replace(/\/$/, ''))).map(
        (it) => `${name}: mounted at ${it} twice`,
      ),
    ]),
  ]),
  'containers of one pod do not take each other’s ports': perPod(({ containers }) =>
    twice(containers.flatMap(({ spec }) => (spec.ports ?? []).map((port: Any) => port.containerPort))).map(
      (port) => `two containers listen to ${port}`,
    ),
  ),
  'names of ports': perContainer(({ spec }) =>
    (spec.ports ?? []).map(
      ({ name }: Any) =>
        name !== undefined &&
        !(/^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/.test(name) && /[a-z]/.test(name) && !name.includes('--')) &&
        `${name} is no name of a port (15 characters)`,
    ),
  ),
  'mounts have volumes, volumes are mounted': perPod(({ spec, containers, object }) => {
    const claims = (object['spec']?.volumeClaimTemplates ?? []).map((claim: Any) => claim.metadata.name)
    const volumes = [...(spec.volumes ?? []).map((volume: Any) => volume.name), ...claims]
    const mounted = new Set(containers.flatMap(({ spec: c }) => (c.volumeMounts ?? []).map((mount: Any) => mount.name)))
    return [
      ...[...mounted].map((name) => !volumes.includes(name) && `there is no volume ${name}`),
      ...volumes.map((name) => !mounted.has(name) && `nobody mounts the volume ${name}`),
    ]
  }),
  '/tmp and /data are mounted': perContainer(({ name, spec }) =>
    name === OUR_CONTAINER
      ? ['/tmp', '/data'].map(
          (path) => !spec.volumeMounts.some((mount: Any) => mount.mountPath === path) && `${path} is not mounted`,
        )
      : [],
  ),
  'sources read what is mounted': (objects) => {
    const mounted = podsOf(objects).flatMap(({ containers }) =>
      containers.filter(({ name }) => name === OUR_CONTAINER).flatMap(({ spec }) => spec.volumeMounts as Any[]),
    )
    if (mounted.length === 0) return []
    return objects
      .filter(({ kind, data }) => kind === 'ConfigMap' && data?.['config.yaml'])
      .flatMap(({ data }) => Object.entries<Any>(parse(data['config.yaml']).sources))
      .flatMap(([name, source]) =>
        ['tokensDir', 'secretsDir']
          .filter((key) => source?.[key] && !mounted.some(({ mountPath }) => mountPath === source[key]))
          .map((key) => `${name}: nothing is mounted at ${source[key]}`),
      )
  },
  'no subPath': perContainer(({ spec }) =>
    (spec.volumeMounts ?? []).map(
      (mount: Any) => (mount.subPath || mount.subPathExpr) && `${mount.mountPath} would never see a rotation`,
    ),
  ),
  'images by version': perContainer(({ spec }) => [
    !/@sha256:[a-f0-9]{64}$|:[A-Za-z0-9_][\w.-]*$/.test(spec.image) && `${spec.image} has neither tag nor digest`,
    /:latest$/.test(spec.image) && `${spec.image} is whatever is latest`,
  ]),
  'variables are texts with valid names': perContainer(({ spec }) =>
    (spec.env ?? []).flatMap((variable: Any) => [
      !/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(variable.name) && `${variable.name} is no name of a variable`,
      variable.value !== undefined && typeof variable.value !== 'string' && `${variable.name} is no text`,
      variable.value !== undefined && variable.valueFrom !== undefined && `${variable.name} has two values`,
    ]),
  ),
  'a sidecar gates nothing': perContainer(({ spec, initial, name }) =>
    name === OUR_CONTAINER && initial
      ? [
          spec.restartPolicy !== 'Always' && 'is an init container that would never end',
          spec.readinessProbe && 'has a readiness probe',
          spec.startupProbe && 'has a startup probe',
          spec.lifecycle?.postStart && 'has a postStart hook',
        ]
      : [
          name === OUR_CONTAINER &&
            spec.restartPolicy !== undefined &&
            'has a restartPolicy, which only init containers have',
        ],
  ),
  'a sidecar needs nothing that may be missing': perPod(({ spec, containers }) => {
    const ours = containers.find(({ name, initial }) => name === OUR_CONTAINER && initial)?.spec
    if (!ours) return []
    const mounted = ours.volumeMounts.map((mount: Any) => mount.name)
    return [
      ...ours.env.map(
        ({ name, valueFrom }: Any) =>
          (valueFrom?.secretKeyRef || valueFrom?.configMapKeyRef) &&
          (valueFrom.secretKeyRef ?? valueFrom.configMapKeyRef).optional !== true &&
          `${name} keeps the application from starting where it is missing`,
      ),
      ...spec.volumes
        .filter(({ name }: Any) => mounted.includes(name))
        .flatMap(({ name, secret, projected }: Any) =>
          [secret, ...(projected?.sources ?? []).map((source: Any) => source.secret)].map(
            (source) =>
              source &&
              source.optional !== true &&
              `${name} keeps the application from starting where its Secret is missing`,
          ),
        ),
    ]
  }),
  'security contexts at their level': perPod(({ spec, containers }) => [
    ...CONTAINER_ONLY.map((field) => spec.securityContext?.[field] !== undefined && `${field} belongs to containers`),
    ...containers.flatMap(({ name, spec: c }) =>
      POD_ONLY.map((field) => c.securityContext?.[field] !== undefined && `${name}: ${field} belongs to the pod`),
    ),
  ]),
  'one handler a probe, by number': perContainer(({ spec }) =>
    ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((kind) => {
      const probe = spec[kind]
      if (!probe) return []
      const handlers = ['httpGet', 'exec', 'tcpSocket', 'grpc'].filter((handler) => probe[handler])
      const port = probe.httpGet?.port ?? probe.tcpSocket?.port
      return [
        handlers.length !== 1 && `${kind} has ${handlers.length} handlers`,
        kind !== 'readinessProbe' && (probe.successThreshold ?? 1) !== 1 && `${kind}.successThreshold must be 1`,
        port !== undefined && typeof port !== 'number' && `${kind} names its port`,
        port !== undefined &&
          !spec.ports?.some((it: Any) => it.containerPort === port) &&
          `${kind} asks a port that is none`,
      ]
    }),
  ),
}
