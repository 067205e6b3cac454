import { spawn } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Program, type ProgramName, program } from '../support/programs.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'
import { type Asked, askAll, findings, WIDTH } from './audit.ts'
import { DASHBOARD_FILES, type DashboardModel, readDashboard, readDashboardFrom, unfolded } from './grafana-model.ts'
import { page, pageHeight } from './page.ts'
import { openStage, SCRAPE_INTERVAL, WEEK_END } from './stage.ts'

/**
 * `npm run preview`: the dashboards without Grafana. A simulated week goes into a real Prometheus, every panel's queries
 * are asked as Grafana would, and each dashboard becomes a page in .cache/preview/ and a picture in docs/images/. Says
 * which queries fail, which panels are empty, and what the legends show; the exit code is 1 if a query failed. DASHBOARDS
 * names a folder with other dashboards, such as those of an earlier commit, and IMAGES one for the pictures.
 */
const ROOT = join(import.meta.dirname, '../..')
const PAGES = join(ROOT, '.cache/preview')
const IMAGES = process.env['IMAGES'] ?? join(ROOT, 'docs/images')
const DASHBOARDS = process.env['DASHBOARDS']
/** `npm test` obtains the programs that tests name in a call, and no test needs this one. */
const BROWSER: ProgramName = 'chromium'
/** What people look at first: the night's incident. */
const CHOSEN = { endpoint: 'orders' }

const hoursOf = (from: string): number => Number(/^now-(\d+)h$/.exec(from)![1])

async function need(name: ProgramName): Promise<Program> {
  const found = await program(name)
  if (!found) throw new Error(`${name} cannot be had`)
  return found
}

const programs = { prometheus: await need('prometheus'), promtool: await need('promtool') }
const chromium = await program(BROWSER)
const to = WEEK_END / 1_000
mkdirSync(PAGES, { recursive: true })
mkdirSync(IMAGES, { recursive: true })

console.log('living through a week…')
const stage = await openStage(programs)
try {
  for (const name of DASHBOARD_FILES) {
    const dashboard = DASHBOARDS ? readDashboardFrom(DASHBOARDS, name) : readDashboard(name)
    const hasSections = dashboard.panels.some(({ collapsed }) => collapsed)
    await picture(hasSections ? `${name}-sections` : name, unfolded(dashboard), true)
    if (hasSections) await picture(name, dashboard, false)
  }
} finally {
  await stage.close()
  removeTempFolders()
}

async function picture(name: string, dashboard: DashboardModel, isWhole: boolean): Promise<void> {
  const range = { from: to - hoursOf(dashboard.time.from) * 3_600, to }
  const scene = { prometheus: stage.prometheus, range, scrapeInterval: SCRAPE_INTERVAL, chosen: CHOSEN }
  const asked = await askAll(dashboard, scene)
  if (isWhole) tell(name, asked)
  const file = join(PAGES, `${name}.html`)
  writeFileSync(file, page(asked, range))
  console.log(`  page: ${file}`)
  if (chromium) await screenshot(chromium, file, join(IMAGES, `${name}.png`), pageHeight(asked))
}

function tell(name: string, asked: Asked): void {
  const { failed, empty, legends } = findings(asked)
  console.log(`\n${name}: ${asked.panels.length} panels, ${failed.length} queries failed, ${empty.length} without data`)
  for (const line of failed) console.log(`  FAILED ${line}`)
  for (const line of empty) console.log(`  no data: ${line}`)
  for (const line of legends) console.log(`  legend of ${line}`)
  if (failed.length > 0) process.exitCode = 1
}

/** Chromium's sandbox needs rights that root in a container does not have; the page is our own. */
async function screenshot({ path, env }: Program, file: string, image: string, height: number): Promise<void> {
  const home = tempFolder()
  const child = spawn(
    path,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--hide-scrollbars',
      '--force-device-scale-factor=1',
      `--user-data-dir=${home}`,
      // The last rows of pixels stay black at times.
      `--window-size=${WIDTH},${height + 24}`,
      '--virtual-time-budget=4000',
      `--screenshot=${image}`,
      pathToFileURL(file).href,
    ],
    { env: { ...env, HOME: home }, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors = `${errors}${chunk}`.slice(-2_000)
  })
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Error(`chromium ended with ${code}: ${errors}`)
  console.log(`  picture: ${image}, ${Math.round(statSync(image).size / 1_024)} KiB`)
}
