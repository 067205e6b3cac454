import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The tenants whose deliveries were lost: those that the incident names, else all that there is a token for. */
export async function tenantsOf({ tenants = [], tenantsComplete }, { tokens }) {
  if (tenants.length > 0 && tenantsComplete) return tenants
  const names = (await readdir(tokens)).filter((name) => !name.startsWith('.'))
  return [...new Set([...tenants, ...names])].sort()
}

/** A tenant's token, read each time, so that a rotated Secret counts. @throws if there is none */
export async function readToken(folder, tenant) {
  if (tenant.includes('/') || tenant.startsWith('.')) throw new Error('its name cannot be the name of a file')
  const text = await readFile(join(folder, tenant), 'utf8').catch((error) => {
    throw new Error(`its token cannot be read (${error.code})`)
  })
  const token = text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '')
  if (!token) throw new Error('the file of its token is empty')
  return token
}
