import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { drift } from './generate.ts'
import { CHART } from './values-docs.ts'

/** `node helm/tools/release-check.ts v1.2.3`: refuses a tag that the repository does not say everywhere. */
const ROOT = join(import.meta.dirname, '../..')

/** @returns what does not fit, empty if the tag can be released */
export async function releaseFaults(tag: string): Promise<string[]> {
  const version = tag.replace(/^v/, '')
  const faults: string[] = []
  const expectVersion = (place: string, found: unknown) => {
    if (found !== version) faults.push(`${place} is ${found}, the tag says ${version}`)
  }
  if (!/^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(tag)) faults.push(`${tag} is no tag of a release, such as v1.2.3`)
  const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'))
  expectVersion('version in package.json', JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version)
  expectVersion('version in Chart.yaml', chart.version)
  expectVersion('appVersion in Chart.yaml', chart.appVersion)
  const [image] = parse(chart.annotations['artifacthub.io/images'])
  expectVersion('the image in artifacthub.io/images', image.image.split(':').at(-1))
  const prerelease = String(/^0\.|-/.test(version))
  if (chart.annotations['artifacthub.io/prerelease'] !== prerelease) {
    faults.push(`artifacthub.io/prerelease in Chart.yaml is not ${prerelease}`)
  }
  if (!existsSync(join(ROOT, 'test/helm/released', version))) {
    faults.push(`test/helm/released has no values of ${version}: run node helm/tools/set-version.ts ${version}`)
  }
  for (const path of await drift()) faults.push(`${path} is not current: run node helm/tools/generate.ts`)
  return faults
}

if (import.meta.main) {
  const faults = await releaseFaults(process.argv[2] ?? '')
  for (const fault of faults) console.error(fault)
  process.exitCode = faults.length > 0 ? 1 : 0
}
