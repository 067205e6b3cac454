interface Address {
  readonly host: string
  readonly port: number
}

const EVERYWHERE = ['0.0.0.0', '::']

/** Whether two listeners cannot both have their address. Port 0 takes any free port, so it never collides. */
export function collide(one: Address, other: Address): boolean {
  if (one.port === 0 || one.port !== other.port) return false
  return one.host === other.host || [one, other].some(({ host }) => EVERYWHERE.includes(host))
}
