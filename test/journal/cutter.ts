import { statSync, truncateSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

/** Cuts a file once, at a random time after it was changed and to a random size: as soon as it is told to wait for the change. */
const { path, state } = workerData as { readonly path: string; readonly state: Int32Array }
const modified = () => statSync(path, { bigint: true }).mtimeNs

Atomics.wait(state, 0, 0)
const before = modified()
Atomics.store(state, 0, 2)
while (modified() === before);
const until = performance.now() + Math.random() * 2
while (performance.now() < until);
const { size } = statSync(path)
const bytes = Math.ceil(Math.random() * (Math.random() < 0.5 ? 5_000 : size / 2))
truncateSync(path, size - bytes)
Atomics.store(state, 0, 3)
