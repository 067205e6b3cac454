import type { Config } from './schema.ts'

type IsSound = (...keys: string[]) => boolean

/** Hooks that share a name, and filters that no endpoint can match. */
export function hookFaults({ hooks, endpoints }: Config, isSound: IsSound): string[] {
  const names = new Set<string>()
  const configured = endpoints.flatMap((endpoint) => endpoint?.name ?? [])
  const teams = new Set(endpoints.map((endpoint) => endpoint?.team ?? ''))
  return hooks.flatMap((hook, index) => {
    if (!hook) return []
    const place = `hooks[${index}]`
    const faults: string[] = []
    if (hook.name !== undefined && names.has(hook.name))
      faults.push(`${place}.name: ${hook.name} appears twice; write another name`)
    names.add(hook.name)
    if (!URL.canParse(hook.url ?? '') && isSound(`${place}.url`))
      faults.push(`${place}.url: is not a URL; write http://host/path or https://host/path`)
    if (!isSound('endpoints')) return faults
    for (const [at, name] of hook.endpoints.entries()) {
      // One that is not configured is its own URL, or a source's reference.
      if (name === null || configured.includes(name) || name.includes(':')) continue
      faults.push(
        `${place}.endpoints[${at}]: ${name} is not a configured endpoint; write one of: ${configured.join(', ') || '(none is configured)'}`,
      )
    }
    for (const [at, team] of hook.teams.entries()) {
      if (team === null || teams.has(team)) continue
      const known = [...teams].filter((each) => each !== '').join(', ')
      faults.push(
        `${place}.teams[${at}]: ${team} is not the team of any endpoint; write one of: ${known || '(none is configured)'}`,
      )
    }
    return faults
  })
}
