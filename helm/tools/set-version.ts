import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseDocument } from 'yaml'
import { CHART } from './values-docs.ts'

/**
 * `node helm/tools/set-version.ts 1.2.3`: the chart says the version of package.json (`npm version` first), and this version's
 * values are kept for the tests of upgrades. Then run generate.ts and the tests with UPDATE_GOLDEN=1.
 */
const RELEASED = join(import.meta.dirname, '../../test/helm/released')
/** ci files that together say most of what can be said. */
const KEPT = ['configuration', 'monitoring', 'network-policy', 'postgresql', 'sidecar-postgresql']

const version = process.argv[2] ?? ''
if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) throw new Error('name a version such as 1.2.3')

const file = join(CHART, 'Chart.yaml')
const chart = parseDocument(readFileSync(file, 'utf8'))
const image = String(chart.getIn(['annotations', 'artifacthub.io/images']))
chart.set('version', version)
chart.set('appVersion', version)
chart.setIn(['annotations', 'artifacthub.io/images'], image.replace(/:[^:\s]+\s*$/, `:${version}\n`))
chart.setIn(['annotations', 'artifacthub.io/prerelease'], String(/^0\.|-/.test(version)))
writeFileSync(file, chart.toString({ lineWidth: 0, singleQuote: true }))

for (const name of KEPT) cpSync(join(CHART, `ci/${name}-values.yaml`), join(RELEASED, version, `${name}-values.yaml`))
cpSync(join(CHART, 'values.yaml'), join(RELEASED, version, 'all-values.yaml'))
console.log(
  `Chart.yaml and ${globSync(`${version}/*`, { cwd: RELEASED })
    .map((path) => basename(path))
    .join(', ')}`,
)
